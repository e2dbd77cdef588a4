#include "run/shared.hpp"

#include "base/clock.hpp"
#include "study/study.hpp"

namespace lorahub::run {

std::optional<Told::Generation> Told::find_or_begin(const search::Population& asked) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto [found, begun] = generations_.try_emplace(asked.weights);
    if (begun || found->second) return found->second;
    ended_.wait(lock);
  }
}

void Told::end(const search::Population& asked, const std::optional<Generation>& generation) {
  {
    const std::lock_guard lock(mutex_);
    if (generation)
      generations_[asked.weights] = generation;
    else
      generations_.erase(asked.weights);
  }
  ended_.notify_all();
}

void Told::keep(const search::Population& asked, const Generation& generation) {
  end(asked, generation);
}

void Told::leave(const search::Population& asked) { end(asked, std::nullopt); }

Shared::Shared(const std::vector<study::Trial>& trials) {
  for (const study::Trial& trial : trials)
    if (study::measures_candidates(trial.method)) ++alike_[study::loss_identity(trial)].left;
  std::erase_if(alike_, [](const auto& entry) { return entry.second.left == 1; });
}

std::shared_ptr<Told> Shared::told(const study::Trial& trial) {
  const std::lock_guard lock(mutex_);
  const auto found = alike_.find(study::loss_identity(trial));
  if (found == alike_.end()) return nullptr;
  Alike& alike = found->second;
  if (!alike.told) alike.told = std::make_shared<Told>();
  std::shared_ptr<Told> told = alike.told;
  if (--alike.left == 0) alike_.erase(found);
  return told;
}

namespace {
search::Losses begun(Told& told, const search::Population& population,
                     const search::Evaluate& evaluate, const store::Faults& faults) {
  const base::Stopwatch clock;
  try {
    search::Losses losses = evaluate(population);
    if (faults().empty())
      told.keep(population, {.losses = losses, .seconds = clock.seconds()});
    else
      told.leave(population);
    return losses;
  } catch (...) {
    told.leave(population);
    throw;
  }
}
}  // namespace

AskedOnce once(search::Evaluate evaluate, store::Faults faults, const std::shared_ptr<Told>& told,
               double& borrowed) {
  if (!told) return {.evaluate = std::move(evaluate), .faults = std::move(faults)};
  const auto computed = std::make_shared<bool>(false);  // the last generation
  return {.evaluate =
              [=, &borrowed](const search::Population& population) {
                const std::optional<Told::Generation> before = told->find_or_begin(population);
                *computed = !before;
                if (before) {
                  borrowed += before->seconds;
                  return before->losses;
                }
                return begun(*told, population, evaluate, faults);
              },
          .faults = [=] { return *computed ? faults() : std::vector<search::Fault>(); }};
}

}  // namespace lorahub::run
