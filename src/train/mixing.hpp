// Gradient descent on the N weights of a mixture.
#pragma once
#include <span>
#include <vector>

#include "model/tokens.hpp"
#include "train/adamw.hpp"
#include "train/gradients.hpp"

namespace lorahub::train {

class Mixing {
 public:
  Mixing(const ModelPointer& base, const MixtureTraining& mixture, std::span<const double> start);

  std::vector<double> weights() const;  // [N]
  void set(const std::vector<double>& weights);

  struct Slope {
    double loss = 0;               // mean over the target tokens
    std::vector<double> gradient;  // [N], of it
  };
  Slope slope(std::span<const model::Tokens> pairs, int threads) const;

  // A step of Adam against the gradient, then into [-bound, bound].
  void step(const std::vector<double>& gradient, double rate, double bound);

 private:
  Trainable what_;
  Moments moments_;
};

}  // namespace lorahub::train
