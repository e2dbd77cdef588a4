// Tests on ranks: does a difference between methods hold over tasks? They are our own, since we
// know of no C++ library that has them, exact with ties; the tests compare them with scipy.
#pragma once
#include <vector>

namespace lorahub::report {

// Wilcoxon's signed-rank test of paired differences, two-sided. Zeros are left out, ties get their
// mean rank (scipy's zero_method "wilcox"). Up to kExact differences the p is exact, also with ties
// (all sign changes of the ranks as they are, by convolution); beyond, the normal approximation
// with the variance corrected for ties, as scipy without continuity correction.
struct SignedRank {
  static constexpr int kExact = 50;
  int n = 0;                   // differences that are not zero
  double plus = 0, minus = 0;  // sums of ranks
  double p = 1;                // 1 for n = 0
  double rank_biserial = 0;  // (plus - minus) / (plus + minus), effect size in [-1, 1] (Kerby 2014)
};
SignedRank wilcoxon(const std::vector<double>& differences);

// Holm's step-down correction: adjusted p, in the order given.
std::vector<double> holm(const std::vector<double>& p);

// Friedman's test with correction for ties, chi-squared with k - 1 degrees of freedom.
// table [blocks][k treatments], k >= 3, at least two blocks (scipy's friedmanchisquare).
struct Friedman {
  double statistic = 0, p = 1;
  int degrees = 0;
  std::vector<double> mean_ranks;  // [k], 1: smallest
};
Friedman friedman(const std::vector<std::vector<double>>& table);

// P(chi-squared with `degrees` > x), by the recurrence of the incomplete gamma function (DLMF 8.8).
double chi_squared_survival(double x, int degrees);

std::vector<double> ranks(const std::vector<double>& values);  // from 1, ties: their mean

}  // namespace lorahub::report
