// The memory that passes of a T5 take. Each term follows the code that allocates it: layers.cpp,
// cross.cpp, loss.cpp, generate.cpp or reference.cpp.
#pragma once
#include "model/architecture.hpp"
#include "model/t5/t5_config.hpp"

namespace lorahub::model::t5 {

class T5Memory : public MemoryTerms {
 public:
  explicit T5Memory(const T5Config& config);
  double weights() const override;
  double transposed_weights() const override;
  double module_values(double rank) const override;
  double adapted_layers() const override;
  double position_bias(double longest) const override;
  double losses(const RowSums& rows, double population, bool on_cpu) const override;
  double reference_losses(const RowSums& rows) const override;
  double training(const RowSums& rows, const TrainingPass& pass) const override;
  double answers(const RowSums& rows, double tokens, bool on_cpu) const override;
  double options(const RowSums& rows, bool on_cpu) const override;
  double narrow_weights() const override;
  double trajectory(double source, double target) const override;

 private:
  double encoding(const RowSums& rows, double population, bool on_cpu) const;
  double decoding(const RowSums& rows, double population) const;
  double logits(double rows) const;

  T5Config config_;
  // Sizes of the network as numbers of any size.
  double d_, inner_, ff_, hidden_, heads_, vocabulary_, encoder_, decoder_;
};

}  // namespace lorahub::model::t5
