#include "search/recommend.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "search/cma.hpp"

namespace lorahub::search {
namespace {

// Places of the candidates, least loss first; equals by their order.
std::vector<int> ranked(const Losses& losses) {
  std::vector<int> order(losses.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](int p) {
    const double loss = losses[static_cast<size_t>(p)];
    return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
  };
  std::ranges::stable_sort(order, {}, key);
  return order;
}

}  // namespace

std::vector<double> recombined(const Generation& generation) {
  const Population& population = generation.population;
  if (population.size() == 1) return population.weights;
  const CmaConstants constants = cma_constants(population.dim, population.size());
  const std::vector<int> order = ranked(generation.losses);
  std::vector<double> mean(static_cast<size_t>(population.dim));
  for (int i = 0; i < constants.mu; ++i) {
    const std::span<const double> x = population.row(order[static_cast<size_t>(i)]);
    for (size_t n = 0; n < mean.size(); ++n) mean[n] += constants.weights[i] * x[n];
  }
  return mean;
}

std::vector<double> recommended_mean(const Trace& trace) {
  assert(!trace.generations.empty());
  const int whole = trace.generations.front().population.size();
  const auto& back = trace.generations.back();
  const bool cut_short = back.population.size() < whole;
  return recombined(cut_short ? trace.generations[trace.generations.size() - 2] : back);
}

std::vector<double> recommended(const Trace& trace, const study::Search& search) {
  const bool mean =
      search.method == study::SearchMethod::cma && search.recommend == study::Recommend::mean;
  return mean ? recommended_mean(trace) : trace.best;
}

}  // namespace lorahub::search
