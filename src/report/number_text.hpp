// Numbers as the report writes them.
#pragma once
#include <string>

#include "report/compare.hpp"
#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {

double unsigned_zero(double value, int decimals);  // 0 for what would be written as -0.0
// 55.7 [45.7, 64.7]; 55.7 (one draw); 55.7 (no spread) where all draws agree
std::string text(const Interval& i, int decimals = 1);
std::string signed_text(const Interval& i, int decimals = 1);  // +55.7 [+45.7, +64.7]
std::string p_text(double p);                                  // "p = 0.013", "p < 0.001"
std::string p_cell(double p);                                  // "0.013", "< 0.001"
std::string count_text(double number);                         // 1,234; 1.23 million from 10^6
std::string or_dash(double number, int decimals);              // "–" for NaN

// "55.7 points [45.7, 64.7] better than", "... worse than", "not shown to differ (+0.1 ... points)
// from", "in its one draw 55.7 points above".
std::string against(const Interval& difference, Verdict verdict);
std::string against(const Comparison& comparison);

}  // namespace lorahub::report
