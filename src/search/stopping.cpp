#include "search/stopping.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "study/knob_readers.hpp"

namespace lorahub::search {

namespace {

constexpr std::ptrdiff_t kFlatGenerations = 10;

double least_loss(const Generation& generation) {
  double least = std::numeric_limits<double>::infinity();
  for (const double loss : generation.losses)
    if (loss < least) least = loss;  // a NaN is not
  return least;
}

}  // namespace

bool is_flat(const Trace& trace, double tolerance) {
  if (std::ssize(trace.generations) < kFlatGenerations) return false;
  std::vector<double> least;
  for (const Generation& generation : std::span(trace.generations).last(kFlatGenerations))
    least.push_back(least_loss(generation));
  const auto [low, high] = std::ranges::minmax(least);
  return std::isfinite(high) && high - low < tolerance;
}

Ends stopping(const study::Trial& trial) {
  return [tolerance = study::stops_where_flat(trial) ? trial.search.stop : 0,
          limit = trial.search.time, clock = base::Stopwatch()](const Trace& trace) {
    return (tolerance > 0 && is_flat(trace, tolerance)) || (limit > 0 && clock.seconds() >= limit);
  };
}

}  // namespace lorahub::search
