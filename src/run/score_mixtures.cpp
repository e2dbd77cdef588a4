#include "run/score_mixtures.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "objective/alone.hpp"
#include "plan/command_memory.hpp"
#include "plan/trial_inputs.hpp"
#include "search/centres.hpp"

namespace lorahub::run {
namespace {

search::TileShape tile_of(const objective::LoadedModel& loaded,
                          std::span<const model::Tokens> pairs, int candidates) {
  std::vector<size_t> sources;
  for (const model::Tokens& pair : pairs) sources.push_back(pair.source.size());
  return plan::tile_shape_alone({.sources = std::move(sources),
                                 .generation = std::max(1, candidates),
                                 .device = loaded.device});
}

void check_memory(const objective::LoadedModel& loaded, const Mixtures& mixtures,
                  std::span<const model::Tokens> pairs, const ScoreRule& how) {
  plan::Lengths lengths;
  for (const model::Tokens& pair : pairs)
    lengths.shots.push_back({.source = static_cast<double>(pair.source.size()),
                             .target = static_cast<double>(pair.target.size())});
  const search::Population& candidates = mixtures.candidates;
  const search::TileShape tile = tile_of(loaded, pairs, candidates.size());
  const auto tiles =
      static_cast<int>(search::cut(candidates.size(), static_cast<int>(pairs.size()), tile).size());
  plan::Need need = plan::need({.trial = {.method = study::Method::lorahub,
                                          .composition = mixtures.rule.composition,
                                          .precision = how.precision,
                                          .engine = how.engine},
                                .architecture = loaded.model->architecture(),
                                .lengths = lengths,
                                .tile = tile,
                                .candidates = candidates.dim,
                                .modules = candidates.dim,
                                .device = loaded.device},
                               std::min(loaded.threads, tiles),
                               base::format("the losses of {} rows", pairs.size()));
  need.shared = 0;  // loaded already
  plan::check_own_room(need);
}

Scored reduced(std::vector<std::string> modules, const search::Population& candidates,
               search::Sums sums, std::span<const model::Tokens> pairs) {
  Scored scored{.modules = std::move(modules),
                .tokens = objective::target_lengths(pairs),
                .sums = std::move(sums),
                .losses = {}};
  scored.losses = objective::reduce(scored.sums, scored.tokens, candidates, {});
  return scored;
}

}  // namespace

Scored score_base(const objective::LoadedModel& loaded, std::span<const model::Tokens> pairs) {
  return reduced({}, {.dim = 1, .weights = {0}}, objective::alone_sums(loaded, {}, pairs), pairs);
}

Scored score(const objective::LoadedModel& loaded, const Mixtures& mixtures,
             std::span<const model::Tokens> pairs, const ScoreRule& how) {
  if (how.memory_check == MemoryCheck::refuse) check_memory(loaded, mixtures, pairs, how);
  const auto measure = objective::make_search_measure(
      loaded, {.pool = mixtures.pool, .composition = mixtures.rule, .engine = how.engine}, pairs);
  // As a search would that asked for these candidates in one generation.
  const search::Population candidates =
      search::with_centres(mixtures.candidates, std::max(1, mixtures.candidates.size()));
  return reduced(mixtures.pool.names, candidates,
                 search::measure_all(measure, candidates, static_cast<int>(pairs.size()),
                                     tile_of(loaded, pairs, candidates.size())),
                 pairs);
}

}  // namespace lorahub::run
