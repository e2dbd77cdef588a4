// A T5 by its config.json alone.
#pragma once
#include "model/t5/memory.hpp"

namespace lorahub::model::t5 {

class T5Architecture : public Architecture {
 public:
  explicit T5Architecture(const T5Config& config);
  const T5Config& config() const { return config_; }

  const std::vector<LinearInfo>& linears() const override { return linears_; }
  int last_query_slot() const override { return last_query_slot_; }
  bool has_encoder() const override { return true; }
  int64_t vocabulary() const override { return config_.vocabulary; }
  int64_t end_token() const override { return config_.eos; }
  int64_t window() const override { return 0; }
  double dropout() const override { return config_.dropout; }
  const PeftWords& peft() const override;
  bool has_tied_head(const std::map<std::string, at::Tensor>& tensors) const override;
  double output_scale(const LinearInfo& linear) const override;
  double forward_flop(const PassSize& size) const override;
  const MemoryTerms& memory() const override { return memory_; }

 private:
  T5Config config_;
  std::vector<LinearInfo> linears_;
  int last_query_slot_ = 0;
  T5Memory memory_;
};

}  // namespace lorahub::model::t5
