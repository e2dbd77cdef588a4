#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lorahub::base {
namespace {

// Known answers published with Random123 (kat_vectors, philox4x32-10).
TEST(Philox, KnownAnswers) {
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, DependsOnSeedAndPurposeAlone) {
  Stream a(7, "search"), b(7, "search"), c(7, "modules"), d(8, "search");
  const uint32_t first = a.bits();
  EXPECT_EQ(first, b.bits());
  EXPECT_NE(first, c.bits());
  EXPECT_NE(first, d.bits());
}

TEST(Stream, MomentsOfUniformAndNormal) {
  Stream stream(1, "moments");
  constexpr int n = 200000;
  double uniform = 0, normal = 0, square = 0, fourth = 0;
  for (int i = 0; i < n; ++i) uniform += stream.uniform();
  for (int i = 0; i < n; ++i) {
    const double z = stream.normal();
    normal += z, square += z * z, fourth += z * z * z * z;
  }
  EXPECT_NEAR(uniform / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(normal / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96.0 / n));
}

// Made by CPython 3.11: random.Random(seed).sample(range(n), k) and shuffle.
TEST(PythonDraws, EqualCPython) {
  EXPECT_EQ(python_sample(1, 196, 20),
            (std::vector<int>{34,  145, 195, 16, 65,  30, 126, 194, 115, 120,
                              166, 97,  53,  24, 124, 7,  99,  110, 155, 0}));
  EXPECT_EQ(python_sample(7, 40, 20), (std::vector<int>{20, 9,  25, 3, 4,  34, 6,  23, 36, 29,
                                                        16, 33, 1,  2, 13, 37, 26, 7,  32, 17}));
  const std::vector<int> order = python_shuffle(42, 100);
  EXPECT_EQ(std::vector<int>(order.begin(), order.begin() + 5),
            (std::vector<int>{42, 41, 91, 9, 65}));
  EXPECT_EQ(python_sample(12345678901234, 1000, 3), (std::vector<int>{25, 573, 148}));
  EXPECT_EQ(python_sample(3, 5, 5), (std::vector<int>{1, 4, 3, 2, 0}));
}

}  // namespace
}  // namespace lorahub::base
