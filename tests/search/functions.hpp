// Functions with a known minimum of 0, the usual ones of the CMA-ES literature, and how optimisers
// are run on them.
#pragma once
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "search/population.hpp"

namespace lorahub::search {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

using Function = std::function<double(std::span<const double>)>;
using Term = std::function<double(double x, double place)>;  // place: i / (N - 1)

inline Function sum_of(const Term& term) {
  return [term](std::span<const double> x) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i)
      sum += term(x[i],
                  x.size() == 1 ? 0 : static_cast<double>(i) / static_cast<double>(x.size() - 1));
    return sum;
  };
}

inline double rosenbrock(std::span<const double> x) {
  double sum = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  return sum;
}

inline const Function sphere = sum_of([](double x, double) { return x * x; });
inline const Function ellipsoid =
    sum_of([](double x, double t) { return std::pow(1e6, t) * x * x; });
inline const Function cigar = sum_of([](double x, double t) { return (t == 0 ? 1 : 1e6) * x * x; });
inline const Function discus =
    sum_of([](double x, double t) { return (t == 0 ? 1e6 : 1) * x * x; });
inline const Function different_powers =
    sum_of([](double x, double t) { return std::pow(std::abs(x), 2 + 10 * t); });

inline Evaluate each(const Function& function) {
  return [function](const Population& population) {
    Losses losses;
    for (int p = 0; p < population.size(); ++p) losses.push_back(function(population.row(p)));
    return losses;
  };
}

}  // namespace lorahub::search
