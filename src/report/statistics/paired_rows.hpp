// Compares two methods that answered the same test rows of one task.
#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <vector>

#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {

// McNemar's exact test, two-sided: rows that only one of the two has right are coin flips under the
// null hypothesis (scipy's binomtest). 1 when there are none.
double mcnemar(long only_first, long only_second);

// 95 % intervals of mean differences, in points, resampling rows and draws (pigeonhole; with one
// draw: the plain paired bootstrap of rows), 10,000 replicates. Seeded: equal input, equal
// interval. The resampled rows and draws are kept, since many tables have as many.
class PairedBootstrap {
 public:
  // [draw][row]: hit of the first minus hit of the second, the same rows in every draw; neither
  // empty.
  Interval operator()(const std::vector<std::vector<int>>& differences);

 private:
  std::map<size_t, Eigen::MatrixXf> times_;  // by number of rows: [replicate, row], how often drawn
  std::map<size_t, std::vector<uint32_t>> chosen_;  // by number of draws: [replicate * draws]
};

}  // namespace lorahub::report
