// What one rank holds and does: the model, the current trial's task and modules, and its share of
// every request.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "run/load.hpp"
#include "study/study.hpp"
#include "train/trainable.hpp"
#include "workers/across.hpp"
#include "workers/group.hpp"

namespace lorahub::run {

class Site {
 public:
  Site(std::vector<study::Trial> plan, Hardware hardware, const workers::Group& group);
  Site(const Site&) = delete;  // the measure refers to members
  Site& operator=(const Site&) = delete;

  // Loads what plan()[index] needs; what the trial before left and this one shares stays.
  void begin(size_t index);
  // A request of the coordinator (requests.hpp): this rank's share of the work.
  std::string handle(const std::string& request);

  const study::Trial& trial() const { return plan_[current_]; }
  const task::Task& task() const { return task_; }
  const lora::Pool& pool() const { return *pool_; }
  bool has_pool() const { return pool_.has_value(); }
  const objective::Machine& machine() const { return *machine_; }
  const std::vector<t5::Pair>& pairs() const { return pairs_; }         // the shots
  const std::vector<std::string>& prompts() const { return prompts_; }  // of the test rows
  search::TileShape tile_shape() const;
  int64_t truncated_from() const {
    return truncated_from_;
  }  // rank of the modules before SVD; 0: as trained
  const base::Log& log() const { return log_; }

 private:
  void use_model(const study::Trial& trial);
  void use_modules(const study::Trial& trial);
  t5::Adapter adapter(std::span<const double> weights) const;
  std::vector<std::string> answer_share(const train::Model& model) const;

  std::vector<study::Trial> plan_;
  Hardware hardware_;
  workers::Share share_;
  size_t current_ = 0;
  std::string machine_key_;
  std::unique_ptr<objective::Machine> machine_;
  std::string library_key_;
  Modules modules_;  // of the library in use, as read
  std::optional<lora::Pool> pool_;
  int64_t truncated_from_ = 0;
  task::Task task_;
  std::vector<t5::Pair> pairs_;
  std::vector<std::string> prompts_;
  search::Measure measure_;
  base::Log log_;
};

// The modules of a trial, by name, as its library has them (rank picked or truncated).
std::vector<std::string> module_names(const study::Trial& trial);

}  // namespace lorahub::run
