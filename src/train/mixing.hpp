// The loss of a mixture of modules and its gradient by the N mixing weights.
#pragma once
#include <span>
#include <vector>

#include "train/gradients.hpp"

namespace lorahub::train {

class Mixing {
 public:
  // The pool must outlive this object.
  Mixing(const ModelPointer& base, const MixtureTraining& mixture);

  struct Slope {
    double loss = 0;               // mean cross entropy over the target tokens, nats
    std::vector<double> gradient;  // [N], of it
  };
  // Computed by the calling thread; several may call it. `weights`: [N].
  Slope slope(std::span<const double> weights, std::span<const model::Tokens> pairs) const;

 private:
  Trainable what_;
};

}  // namespace lorahub::train
