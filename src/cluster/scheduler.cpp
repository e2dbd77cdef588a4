#include "cluster/scheduler.hpp"

#include "cluster/slurm/slurm.hpp"

namespace lorahub::cluster {

std::vector<Scheduler> schedulers() { return {slurm::scheduler()}; }

std::vector<std::string> listed(std::string Scheduler::*fact) {
  std::vector<std::string> list;
  for (const Scheduler& scheduler : schedulers()) list.push_back(scheduler.*fact);
  return list;
}

std::optional<Scheduler> find_scheduler(const std::string& word) {
  for (Scheduler& scheduler : schedulers())
    if (word.empty() || scheduler.word == word) return std::move(scheduler);
  return std::nullopt;
}

}  // namespace lorahub::cluster
