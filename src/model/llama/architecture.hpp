// A decoder-only model by its config.json alone.
#pragma once
#include "model/llama/memory.hpp"

namespace lorahub::model::llama {

class LlamaArchitecture : public Architecture {
 public:
  explicit LlamaArchitecture(const LlamaConfig& config);
  const LlamaConfig& config() const { return config_; }

  const std::vector<LinearInfo>& linears() const override { return linears_; }
  int last_query_slot() const override { return last_query_slot_; }
  bool has_encoder() const override { return false; }
  int64_t vocabulary() const override { return config_.vocabulary; }
  int64_t end_token() const override { return config_.ends.front(); }
  int64_t window() const override { return config_.most_positions; }
  double dropout() const override { return config_.attention_dropout; }
  const PeftWords& peft() const override { return peft_; }
  bool has_tied_head(const std::map<std::string, at::Tensor>& tensors) const override;
  double output_scale(const LinearInfo& /*linear*/) const override { return 1; }
  double forward_flop(const PassSize& size) const override;
  const MemoryTerms& memory() const override { return memory_; }

 private:
  LlamaConfig config_;
  std::vector<LinearInfo> linears_;
  int last_query_slot_ = 0;
  PeftWords peft_;
  LlamaMemory memory_;
};

}  // namespace lorahub::model::llama
