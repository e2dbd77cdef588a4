#include "store/origin.hpp"

#include <gmock/gmock.h>

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Origin, IsWhatCanChangeBits) {
  const Environment here{
      {"commit", "abc"}, {"cpu_capability", "AVX2"}, {"host", "n1"}, {"MKL_CBWR", "AVX2"}};
  Environment there = here;
  there["host"] = "n2";
  EXPECT_EQ(origin(here), "commit abc, cpu_capability AVX2, MKL_CBWR AVX2");
  EXPECT_EQ(difference(here, there), "") << "like machines";
  there.erase("MKL_CBWR");
  there["cpu_capability"] = "AVX512";
  EXPECT_EQ(difference(here, there),
            "cpu_capability (AVX2, then AVX512), MKL_CBWR (AVX2, then not set)");
  there.erase("cpu_capability");
  there["MKL_CBWR"] = "AVX2";
  EXPECT_EQ(difference(here, there), "") << "an older version did not record it";
}

TEST(Origin, AMixtureIsCounted) {
  EXPECT_EQ(mixed_origins({"a", "a", ""}), "");
  EXPECT_THAT(mixed_origins({"a", "b", "a"}), AllOf(HasSubstr("2 by a"), HasSubstr("1 by b")));
  const std::string ranks = origin({{"ranks differ", "rank 0: cpu, AVX2; rank 1: cpu, AVX512"}});
  EXPECT_THAT(mixed_origins({ranks, ranks}), HasSubstr("ranks with unlike processors"));
}

}  // namespace
}  // namespace lorahub::store
