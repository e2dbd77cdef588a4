#include "serve/similarity_maps.hpp"

#include <gtest/gtest.h>

namespace lorahub::serve {
namespace {

TEST(SimilarityMaps, HoldAsManyModulesAsThereIsRoomFor) {
  const auto of = [](size_t count, uint64_t bytes) {
    return mapped_count(std::vector<Catalog::ListedModule>(count, {.bytes = bytes}));
  };
  EXPECT_EQ(of(0, 1), 0U);
  EXPECT_EQ(of(199, 1 << 20), 199U);
  EXPECT_EQ(of(201, 1 << 20), kMostMapped);
  EXPECT_EQ(of(201, 20 << 20), 102U);  // 2,040 of 2,048 MiB
  EXPECT_EQ(of(2, 1ULL << 30), 2U);
  EXPECT_EQ(of(2, 3ULL << 30), 0U);
}

}  // namespace
}  // namespace lorahub::serve
