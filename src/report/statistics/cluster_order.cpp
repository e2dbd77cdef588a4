#include "report/statistics/cluster_order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lorahub::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnknown = 1e100;  // farther than any two rows that have a column in common

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0, count = 0;
  for (size_t c = 0; c < a.size(); ++c)
    if (const double d = a[c] - b[c]; std::isfinite(d)) {
      sum += d * d;
      ++count;
    }
  return count > 0 ? sum / count : kUnknown;
}

class Clustering {
 public:
  explicit Clustering(const std::vector<std::vector<double>>& rows)
      : between_(rows.size(), std::vector<double>(rows.size(), kInfinity)) {
    for (size_t i = 0; i < rows.size(); ++i) {
      leaves_.push_back({i});
      for (size_t j = 0; j < i; ++j) between_[i][j] = between_[j][i] = distance(rows[i], rows[j]);
    }
    rows_ = between_;
  }

  std::vector<size_t> order() {
    for (size_t left = leaves_.size(); left > 1; --left) {
      const auto [a, b] = nearest();
      merge(a, b);
    }
    return leaves_[0];  // the first of two stays
  }

 private:
  std::pair<size_t, size_t> nearest() const {
    std::pair<size_t, size_t> found{0, 1};
    double least = kInfinity;
    for (size_t i = 0; i < leaves_.size(); ++i)
      for (size_t j = i + 1; j < leaves_.size(); ++j)
        if (!leaves_[i].empty() && !leaves_[j].empty() && between_[i][j] < least) {
          least = between_[i][j];
          found = {i, j};
        }
    return found;
  }

  // The second joins the first, each turned so that the ends that meet are the nearest ones.
  void merge(size_t a, size_t b) {
    std::vector<size_t>&first = leaves_[a], &second = leaves_[b];
    const double weight_a = static_cast<double>(first.size()),
                 weight_b = static_cast<double>(second.size());
    const auto gap = [&](size_t i, size_t j) { return rows_[i][j]; };
    const double ends[] = {gap(first.back(), second.front()), gap(first.back(), second.back()),
                           gap(first.front(), second.front()), gap(first.front(), second.back())};
    const auto best = std::ranges::min_element(ends) - std::begin(ends);
    if (best >= 2) std::ranges::reverse(first);
    if (best % 2 == 1) std::ranges::reverse(second);
    first.insert(first.end(), second.begin(), second.end());
    second.clear();
    for (size_t k = 0; k < leaves_.size(); ++k)
      if (k != a && k != b)
        between_[a][k] = between_[k][a] =
            (weight_a * between_[a][k] + weight_b * between_[b][k]) / (weight_a + weight_b);
  }

  std::vector<std::vector<double>> between_, rows_;  // distances of clusters, and of rows
  std::vector<std::vector<size_t>> leaves_;          // of each cluster; none: it was merged
};

}  // namespace

std::vector<size_t> cluster_order(const std::vector<std::vector<double>>& rows) {
  if (rows.empty()) return {};
  return Clustering(rows).order();
}

}  // namespace lorahub::report
