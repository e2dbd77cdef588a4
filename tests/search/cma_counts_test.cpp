// How fast CMA-ES converges at N = 10; N = 20 is in cma_counts_bench.cpp.
#include <gtest/gtest.h>

#include "counts.hpp"

namespace lorahub::search {
namespace {

class CmaCounts : public testing::TestWithParam<Race> {};

TEST_P(CmaCounts, AreThoseOfTheReferenceWithinATenth) {
  const Race& race = GetParam();
  const int median = median_evaluations(race, 10);
  RecordProperty("median", median);
  EXPECT_NEAR(median, race.reference, 0.1 * race.reference);
}

INSTANTIATE_TEST_SUITE_P(N10, CmaCounts,
                         testing::Values(Race{"sphere", sphere, 3, 2, 1641},
                                         Race{"ellipsoid", ellipsoid, 3, 2, 4374},
                                         Race{"cigar", cigar, 3, 2, 4245},
                                         Race{"discus", discus, 3, 2, 3357},
                                         Race{"different_powers", different_powers, 3, 2, 2141},
                                         Race{"rosenbrock", rosenbrock, 0, 0.1, 5224}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace lorahub::search
