#include "store/replay.hpp"

#include <string>

#include "base/check.hpp"
#include "search/optimizer.hpp"
#include "study/choices.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

using Knobs = std::map<std::string, std::string>;

// The search and the seeds that the columns tell. A knob that the method does not read is "", and
// one whose text no study could have (0 for a default) is passed over: its default stays.
study::Trial trial_of(const Knobs& columns) {
  study::Trial trial;
  const std::string& method = columns.at("search.method");
  trial.search.method = study::parse<study::SearchMethod>(method, "search.method");
  for (const auto& column : columns) {
    const auto& [name, text] = column;
    if (text.empty() || !(name.starts_with("search.") || name.starts_with("seed."))) continue;
    try {
      study::apply_column(column, trial);
    } catch (const base::Error&) {  // see above
    }
  }
  return trial;
}

}  // namespace

Replay replay(const Knobs& knobs, const search::Trace& recorded) {
  const auto method = knobs.find("search.method");
  if (method == knobs.end() || method->second.empty() || recorded.generations.empty()) return {};
  const int dim = recorded.generations.front().population.dim;
  if (dim < 1) return {.departure = 0, .drawn_from = {}};
  const study::Trial trial = trial_of(knobs);
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
