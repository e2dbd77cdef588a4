#include "run/lead/equal_searches.hpp"

#include "base/clock.hpp"
#include "study/study.hpp"

namespace lorahub::run {
std::optional<KnownGenerations::MeasuredGeneration> KnownGenerations::find_or_begin(
    const search::Population& asked) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto [found, begun] = generations_.try_emplace(asked.weights);
    if (begun || found->second) return found->second;
    ended_.wait(lock);
  }
}

void KnownGenerations::end(const search::Population& asked,
                           const std::optional<MeasuredGeneration>& generation) {
  {
    const std::lock_guard lock(mutex_);
    if (generation)
      generations_[asked.weights] = generation;
    else
      generations_.erase(asked.weights);
  }
  ended_.notify_all();
}

void KnownGenerations::keep(const search::Population& asked, const MeasuredGeneration& generation) {
  end(asked, generation);
}

void KnownGenerations::leave(const search::Population& asked) { end(asked, std::nullopt); }

EqualSearches::EqualSearches(const std::vector<study::Trial>& trials) {
  for (const study::Trial& trial : trials)
    if (study::measures_candidates(trial.method) && trial.search.time == 0)
      ++alike_[study::loss_identity(trial)].left;
  std::erase_if(alike_, [](const auto& entry) { return entry.second.left == 1; });
}

std::shared_ptr<KnownGenerations> EqualSearches::told(const study::Trial& trial) {
  const std::lock_guard lock(mutex_);
  const auto found = alike_.find(study::loss_identity(trial));
  if (found == alike_.end()) return nullptr;
  Alike& alike = found->second;
  if (!alike.told) alike.told = std::make_shared<KnownGenerations>();
  std::shared_ptr<KnownGenerations> told = alike.told;
  if (--alike.left == 0) alike_.erase(found);
  return told;
}

namespace {
search::Evaluation begun(KnownGenerations& known, const search::Population& population,
                         const search::Evaluate& evaluate) {
  const base::Stopwatch clock;
  try {
    search::Evaluation found = evaluate(population);
    if (found.faults.empty())
      known.keep(population, {.losses = found.losses, .seconds = clock.seconds()});
    else
      known.leave(population);
    return found;
  } catch (...) {
    known.leave(population);
    throw;
  }
}
}  // namespace

search::Evaluate once(search::Evaluate evaluate, std::shared_ptr<KnownGenerations> known,
                      std::function<void(double seconds)> borrowed) {
  if (!known) return evaluate;
  return [evaluate = std::move(evaluate), known = std::move(known),
          borrowed = std::move(borrowed)](const search::Population& population) {
    const std::optional<KnownGenerations::MeasuredGeneration> before =
        known->find_or_begin(population);
    if (!before) return begun(*known, population, evaluate);
    borrowed(before->seconds);
    return search::Evaluation(before->losses);
  };
}

}  // namespace lorahub::run
