// One trial as a rank holds it: its rows, its modules on the device, and what computes with them.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "model/adapter.hpp"
#include "objective/input_weights.hpp"
#include "plan/trial_inputs.hpp"
#include "run/messages/measure_tile.hpp"
#include "run/rank/model_cache.hpp"
#include "train/mixing.hpp"

namespace lorahub::run {

class LoadedTrial {
 public:
  // Tokenizers, models and log must outlive this object, and `models` must keep its model
  // meanwhile.
  LoadedTrial(study::Trial trial, plan::Tokenizers& tokenizers, ModelCache& models,
              const base::Log& log)
      : trial_(std::move(trial)), tokenizers_(tokenizers), models_(models), log_(log) {}
  LoadedTrial(const LoadedTrial&) = delete;  // the measure refers to members
  LoadedTrial& operator=(const LoadedTrial&) = delete;

  // Answers a request; several threads may call it at once. The first call loads rows and modules
  // while the others wait. The pool is stacked anew where the request keeps other modules
  // (RankRequest::kept) than the pool holds.
  std::string handle(const RankRequest& request);

 private:
  std::shared_lock<std::shared_mutex> ready(const RankRequest& request);
  void load();
  void keep(const std::vector<uint32_t>& places);
  void stack(const std::vector<lora::Module>& chosen);
  void use_pool(const std::vector<lora::Module>& chosen);
  bool is_of_candidates(const RankRequest& request) const;  // a slope that `retrieve: slope` reads
  void mix_candidates();
  std::string join(const std::string& rows_hash) const;
  std::string probe(const std::string& body) const;
  std::string measure(const std::string& body, const search::Measure& measure) const;
  std::string slope(const std::string& body) const;
  std::span<const std::string> prompts_of(uint64_t batch, size_t weights) const;
  std::string answer(const std::string& body);
  std::string weigh(const std::string& body) const;
  std::string train() const;
  std::shared_ptr<const model::Adapter> adapter(const std::vector<double>& weights);

  const study::Trial trial_;
  plan::Tokenizers& tokenizers_;
  ModelCache& models_;
  const base::Log& log_;
  std::shared_mutex loading_;  // held exclusively while the members below change
  bool loaded_ = false;
  plan::TrialInputs inputs_;
  std::vector<lora::Module> candidates_;
  std::vector<uint32_t> kept_;  // places in candidates_, as the coordinator chose
  std::optional<lora::Pool> pool_;
  int64_t truncated_from_ = 0;
  search::Measure measure_, search_;     // search_: in the trial's precision
  std::optional<train::Mixing> mixing_;  // of a method that follows the weights' gradient; before,
                                         // of all candidates, for `retrieve: slope`
  std::unique_ptr<const objective::InputWeights> input_weights_;  // of a method that has them,
  std::optional<lora::Composer> composer_;                        // with what mixes by them
  std::mutex adapter_mutex_;
  std::vector<double> adapter_weights_;
  std::shared_ptr<const model::Adapter> adapter_;  // composed by adapter_weights_, those of
                                                   // the last request
};

}  // namespace lorahub::run
