#include "report/statistics/rank_tests.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace lorahub::report {
namespace {

// Sum of t^3 - t over groups of t equal values.
double tie_sum(std::vector<double> values) {
  std::ranges::sort(values);
  double sum = 0;
  for (size_t i = 0, j = 0; i < values.size(); i = j) {
    while (j < values.size() && values[j] == values[i]) ++j;
    const auto t = static_cast<double>(j - i);
    sum += t * t * t - t;
  }
  return sum;
}

// Two-sided p of the smaller rank sum, from its distribution when all signs are equally likely.
double exact_p(const std::vector<double>& ranks, double smaller) {
  std::vector<double> chance{1};  // of twice the sum: mean ranks are halves
  for (const double rank : ranks) {
    const auto step = static_cast<size_t>(std::lround(2 * rank));
    std::vector<double> next(chance.size() + step, 0.0);
    for (size_t i = 0; i < chance.size(); ++i) {
      next[i] += chance[i] / 2;
      next[i + step] += chance[i] / 2;
    }
    chance = std::move(next);
  }
  const auto last = static_cast<std::ptrdiff_t>(std::lround(2 * smaller));
  return std::min(1.0, 2 * std::accumulate(chance.begin(), chance.begin() + last + 1, 0.0));
}

double normal_p(double n, double smaller, double ties) {
  const double centre = n * (n + 1) / 4;
  const double variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
  return std::erfc(std::abs(smaller - centre) / std::sqrt(variance) / std::numbers::sqrt2);
}

}  // namespace

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (size_t i = 0, j = 0; i < order.size(); i = j) {
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (size_t k = i; k < j; ++k) result[order[k]] = static_cast<double>(i + j + 1) / 2;
  }
  return result;
}

SignedRank wilcoxon(const std::vector<double>& differences) {
  std::vector<double> given, sizes;
  for (const double d : differences)
    if (d != 0) {
      given.push_back(d);
      sizes.push_back(std::abs(d));
    }
  SignedRank result{.n = static_cast<int>(given.size())};
  if (given.empty()) return result;
  const std::vector<double> rank = ranks(sizes);
  for (size_t i = 0; i < given.size(); ++i) (given[i] > 0 ? result.plus : result.minus) += rank[i];
  const double smaller = std::min(result.plus, result.minus);
  result.p = result.n <= SignedRank::kExact
                 ? exact_p(rank, smaller)
                 : normal_p(static_cast<double>(result.n), smaller, tie_sum(sizes));
  result.rank_biserial = (result.plus - result.minus) / (result.plus + result.minus);
  return result;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

double chi_squared_survival(double x, int degrees) {
  assert(degrees > 0 && x >= 0);
  const double half = x / 2;
  // Q(a + 1, z) = Q(a, z) + z^a e^-z / Gamma(a + 1), from Q(1/2) = erfc(sqrt z) or Q(1) = e^-z.
  double a = degrees % 2 == 1 ? 0.5 : 1;
  double q = degrees % 2 == 1 ? std::erfc(std::sqrt(half)) : std::exp(-half);
  for (; a < 0.5 * degrees; ++a)
    if (half > 0) q += std::exp(a * std::log(half) - half - std::lgamma(a + 1));
  return q;
}

Friedman friedman(const std::vector<std::vector<double>>& table) {
  assert(table.size() >= 2 && table[0].size() >= 3);
  const auto n = static_cast<double>(table.size()), k = static_cast<double>(table[0].size());
  Friedman result{.degrees = static_cast<int>(table[0].size()) - 1};
  result.mean_ranks.assign(table[0].size(), 0.0);
  double ties = 0;
  for (const auto& block : table) {
    const std::vector<double> rank = ranks(block);
    for (size_t j = 0; j < rank.size(); ++j) result.mean_ranks[j] += rank[j] / n;
    ties += tie_sum(block);
  }
  double squares = 0;
  for (const double r : result.mean_ranks) squares += r * r;
  const double correction = 1 - ties / (n * k * (k * k - 1));
  if (correction <= 0) return result;  // all treatments equal in every block
  result.statistic =
      std::max(0.0, (12 * n / (k * (k + 1)) * squares - 3 * n * (k + 1)) / correction);
  result.p = chi_squared_survival(result.statistic, result.degrees);
  return result;
}

}  // namespace lorahub::report
