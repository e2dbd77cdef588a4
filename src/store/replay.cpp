#include "store/replay.hpp"

#include "search/optimizer.hpp"

namespace lorahub::store {
Replay replay(const study::Trial& trial, const search::Trace& recorded) {
  if (recorded.generations.empty()) return {};
  const int dim = recorded.generations.front().population.dim;
  if (dim < 1) return {.departure = 0, .drawn_from = {}};
  const auto optimizer = search::make_optimizer(trial.search, dim, trial.seed.search);
  Replay found;
  size_t next = 0;
  const auto told = [&](const search::Population& asked) {
    const bool there = next < recorded.generations.size();
    if (!found.departure &&
        !(there && asked.weights == recorded.generations[next].population.weights))
      found.departure = next;
    if (!found.departure) found.drawn_from.push_back(optimizer->distributions());
    if (!there) return search::Losses(static_cast<size_t>(asked.size()));
    search::Losses losses = recorded.generations[next++].losses;
    losses.resize(static_cast<size_t>(asked.size()));
    return losses;
  };
  search::minimize(*optimizer, told, recorded.evaluations());
  if (!found.drawn_from.empty() && found.drawn_from.front().empty()) found.drawn_from.clear();
  return found;
}

}  // namespace lorahub::store
