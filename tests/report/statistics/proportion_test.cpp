#include "report/statistics/proportion.hpp"

#include <gtest/gtest.h>

#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {
namespace {

// Expected: scipy 1.17.1, binomtest(hits, rows).proportion_ci(method="wilson").
TEST(Proportion, IsWilsonsIntervalAsScipyHasIt) {
  struct Case {
    long hits, rows;
    double low, high;
  };
  for (const Case& c :
       {Case{0, 5, 0, 0.43448246478317476}, Case{5, 5, 0.5655175352168251, 1},
        Case{3, 5, 0.23072428127601297, 0.8823792257673521}, Case{0, 200, 0, 0.018845326377266575},
        Case{177, 200, 0.8333528310151243, 0.9221362676743804},
        Case{200, 200, 0.9811546736227335, 1},
        Case{93, 200, 0.39718564157004016, 0.5341335312763684},
        Case{1, 1, 0.20654931437723745, 1}}) {
    const Interval found = wilson(c.hits, c.rows);
    EXPECT_DOUBLE_EQ(found.value,
                     100.0 * static_cast<double>(c.hits) / static_cast<double>(c.rows));
    EXPECT_NEAR(found.low, 100 * c.low, 1e-10) << c.hits;
    EXPECT_NEAR(found.high, 100 * c.high, 1e-10) << c.hits;
  }
}

}  // namespace
}  // namespace lorahub::report
