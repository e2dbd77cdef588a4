#include "run/shared.hpp"

#include <set>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "study/study.hpp"

namespace lorahub::run {
namespace {

std::string without_what_no_loss_reads(const study::Trial& trial) {
  static const std::set<std::string> unread{"scoring", "max_tokens", "batch", "search.budget",
                                            "search.recommend"};
  std::string text;
  for (const auto& [name, value] : study::columns(trial))
    if (!unread.contains(name)) text += base::format("{}={}\n", name, value);
  return text;
}

bool evaluates(study::Method method) {
  return study::uses_search(method) || method == study::Method::best_single;
}

}  // namespace

std::optional<Told::Generation> Told::find(const search::Population& asked) const {
  const std::lock_guard lock(mutex_);
  const auto found = generations_.find(asked.weights);
  if (found == generations_.end()) return std::nullopt;
  return found->second;
}

void Told::keep(const search::Population& asked, const Generation& generation) {
  const std::lock_guard lock(mutex_);
  generations_.emplace(asked.weights, generation);
}

Shared::Shared(const std::vector<study::Trial>& trials) {
  for (const study::Trial& trial : trials)
    if (evaluates(trial.method)) ++alike_[without_what_no_loss_reads(trial)].left;
  std::erase_if(alike_, [](const auto& entry) { return entry.second.left == 1; });
}

std::shared_ptr<Told> Shared::told(const study::Trial& trial) {
  const std::lock_guard lock(mutex_);
  const auto found = alike_.find(without_what_no_loss_reads(trial));
  if (found == alike_.end()) return nullptr;
  Alike& alike = found->second;
  if (!alike.told) alike.told = std::make_shared<Told>();
  std::shared_ptr<Told> told = alike.told;
  if (--alike.left == 0) alike_.erase(found);
  return told;
}

AskedOnce once(search::Evaluate evaluate, store::Faults faults, const std::shared_ptr<Told>& told,
               double& borrowed) {
  if (!told) return {.evaluate = std::move(evaluate), .faults = std::move(faults)};
  const auto computed = std::make_shared<bool>(false);  // the last generation
  return {.evaluate =
              [=, &borrowed](const search::Population& population) {
                const std::optional<Told::Generation> before = told->find(population);
                *computed = !before;
                if (before) {
                  borrowed += before->seconds;
                  return before->losses;
                }
                const base::Stopwatch clock;
                const search::Losses losses = evaluate(population);
                if (faults().empty())
                  told->keep(population, {.losses = losses, .seconds = clock.seconds()});
                return losses;
              },
          .faults = [=] { return *computed ? faults() : std::vector<search::Fault>(); }};
}

}  // namespace lorahub::run
