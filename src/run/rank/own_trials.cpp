#include "run/rank/own_trials.hpp"

#include "study/study.hpp"

namespace lorahub::run {

OwnTrials::OwnTrials(std::vector<study::Trial> trials) : trials_(std::move(trials)) {
  for (size_t i = 0; i < trials_.size(); ++i) by_id_.emplace(study::id(trials_[i]), i);
}

study::Trial OwnTrials::with_own_paths(study::Trial trial) const {
  const auto found = by_id_.find(study::id(trial));
  if (found == by_id_.end()) return trial;
  const study::Trial& own = trials_[found->second];
  trial.model_path = own.model_path;
  trial.library_path = own.library_path;
  trial.task_files = own.task_files;
  return trial;
}

const study::Trial* OwnTrials::other_than(const study::Trial& trial, size_t place) const {
  if (place >= trials_.size() || study::id(trials_[place]) == study::id(trial)) return nullptr;
  return &trials_[place];
}

}  // namespace lorahub::run
