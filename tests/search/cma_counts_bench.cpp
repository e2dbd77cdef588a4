// How fast CMA-ES converges at N = 20: as cma_counts_test.cpp, but minutes.
#include <gtest/gtest.h>

#include "counts.hpp"

namespace lorahub::search {
namespace {

class CmaCountsBench : public testing::TestWithParam<Race> {};

TEST_P(CmaCountsBench, AreThoseOfTheReferenceWithinATenth) {
  const Race& race = GetParam();
  const int median = median_evaluations(race, 20);
  RecordProperty("median", median);
  EXPECT_NEAR(median, race.reference, 0.1 * race.reference);
}

INSTANTIATE_TEST_SUITE_P(N20, CmaCountsBench,
                         testing::Values(Race{"sphere", sphere, 3, 2, 3070},
                                         Race{"ellipsoid", ellipsoid, 3, 2, 13636},
                                         Race{"cigar", cigar, 3, 2, 8671},
                                         Race{"discus", discus, 3, 2, 8283},
                                         Race{"different_powers", different_powers, 3, 2, 6237},
                                         Race{"rosenbrock", rosenbrock, 0, 0.1, 16643}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace lorahub::search
