// The memory that passes of a decoder-only model take. Each term follows the code that allocates
// it: loss.cpp, generate.cpp or reference.cpp.
#pragma once
#include "model/architecture.hpp"
#include "model/llama/llama_config.hpp"

namespace lorahub::model::llama {

class LlamaMemory : public MemoryTerms {
 public:
  explicit LlamaMemory(const LlamaConfig& config);
  double weights() const override;
  double transposed_weights() const override { return linear_values(); }
  double module_values(double rank) const override;
  double adapted_layers() const override;
  double position_bias(double longest) const override;
  double losses(const RowSums& rows, double population, bool on_cpu) const override;
  double reference_losses(const RowSums& rows) const override;
  double training(const RowSums& rows, const TrainingPass& pass) const override;
  double answers(const RowSums& rows, double tokens, bool on_cpu) const override;
  double options(const RowSums& rows, bool on_cpu) const override;
  double narrow_weights() const override { return linear_values(); }
  double trajectory(double source, double target) const override;

 private:
  double linear_values() const;
  double block(double rows) const;
  double logits(double rows) const;

  // Sizes of the network as numbers of any size.
  double d_, q_, kv_, ff_, heads_, vocabulary_, layers_, heads_of_its_own_;
};

}  // namespace lorahub::model::llama
