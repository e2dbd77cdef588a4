#include "run/shared.hpp"

#include <set>

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

}  // namespace

bool Told::find(const search::Population& asked, search::Losses& losses) const {
  const std::lock_guard lock(mutex_);
  const auto found = losses_.find(asked.weights);
  if (found == losses_.end()) return false;
  losses = found->second;
  return true;
}

void Told::keep(const search::Population& asked, const search::Losses& losses) {
  const std::lock_guard lock(mutex_);
  losses_.emplace(asked.weights, losses);
}

Shared::Shared(const std::vector<study::Trial>& trials) {
  for (const study::Trial& trial : trials)
    if (study::uses_search(trial.method)) ++alike_[without_what_no_loss_reads(trial)].left;
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

AskedOnce once(search::Evaluate evaluate, store::Faults faults, const std::shared_ptr<Told>& told) {
  if (!told) return {.evaluate = std::move(evaluate), .faults = std::move(faults)};
  const auto computed = std::make_shared<bool>(false);  // the last generation
  return {.evaluate =
              [=](const search::Population& population) {
                search::Losses losses;
                *computed = !told->find(population, losses);
                if (*computed) {
                  losses = evaluate(population);
                  if (faults().empty()) told->keep(population, losses);
                }
                return losses;
              },
          .faults = [=] { return *computed ? faults() : std::vector<search::Fault>(); }};
}

}  // namespace lorahub::run
