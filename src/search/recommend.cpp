#include "search/recommend.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "search/cma.hpp"
#include "search/optimizer.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

// The candidates of one run in a generation of several.
Generation part(const Generation& all, int run, int size) {
  const Population& from = all.population;
  const auto rows = std::span(from.weights)
                        .subspan(static_cast<size_t>(run) * static_cast<size_t>(size) *
                                     static_cast<size_t>(from.dim),
                                 static_cast<size_t>(size) * static_cast<size_t>(from.dim));
  const auto first = all.losses.begin() + run * size;
  return {.population = {.dim = from.dim, .weights = {rows.begin(), rows.end()}},
          .losses = {first, first + size}};
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

std::vector<double> recommended_mean(const Trace& trace, int runs, int whole) {
  assert(!trace.generations.empty() && whole % runs == 0);
  const bool cut_short = trace.generations.back().population.size() < whole;
  if (cut_short && trace.generations.size() == 1) return recombined(trace.generations.back());
  const Generation& last = trace.generations[trace.generations.size() - (cut_short ? 2 : 1)];
  std::vector<double> mean(static_cast<size_t>(last.population.dim));
  for (int run = 0; run < runs; ++run) {
    const std::vector<double> own = recombined(part(last, run, whole / runs));
    for (size_t n = 0; n < mean.size(); ++n) mean[n] += own[n] / runs;
  }
  return mean;
}

std::vector<double> recommended(const Trace& trace, const study::Search& search) {
  const bool mean =
      search.method == study::SearchMethod::cma && search.recommend == study::Recommend::mean;
  if (!mean) return trace.best;
  const int dim = trace.generations.front().population.dim;
  return recommended_mean(trace, search.runs, generation_size(search, dim));
}

}  // namespace lorahub::search
