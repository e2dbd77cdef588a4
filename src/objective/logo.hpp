// LoGo (Lee et al., "LoRA on the Go", ACL 2026, arXiv 2511.07129): modules weighed by what they add
// to an input. It differs from the authors' code (archon159/LoGo) in one point: in their first pass
// over an input, the modules that were chosen for the previous input are still attached; here all
// modules are attached, as in the paper.
#pragma once
#include <string>
#include <vector>

#include "objective/input_weights.hpp"

namespace lorahub::objective {

// One pass reads the prompt with all modules at weight 1. A module's signal is the length of what
// it adds, alpha/r B A h, to the query of the last token in the last block, where h is what that
// block takes before its norm; or it is the inverse entropy, 1 / (H + 1e-6), of the softmax of that
// vector. The k strongest modules have weights in proportion to their signals; all weights are 0
// where none of them adds anything. The authors have decoder-only models; of an encoder-decoder the
// last block is the encoder's.
class LogoWeights : public InputWeights {
 public:
  // The model and the pool must outlive it. Error where a module does not adapt that query.
  LogoWeights(const LoadedModel& loaded, const lora::Pool& pool, const study::InputMixing& how);

  std::vector<double> operator()(const std::string& prompt) const override;

  std::vector<double> signals(const model::Ids& prompt) const;                  // [N]
  std::vector<double> in_proportion(const std::vector<double>& signals) const;  // weights, [N]

 private:
  double signal(int module, const at::Tensor& state) const;

  const LoadedModel& loaded_;
  const lora::Pool& pool_;
  const study::InputMixing how_;
  size_t place_;        // of the query among the pool's
  model::Adapter all_;  // every module at weight 1
};

}  // namespace lorahub::objective
