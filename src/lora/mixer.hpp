// How a composition makes adapters of a pool. What does not depend on the weights is made once, by
// the constructor. One file each: mix_factors, mix_products, mix_cut.
#pragma once
#include <memory>

#include "lora/pool.hpp"
#include "study/compositions.hpp"

namespace lorahub::lora {

class Mixer {
 public:
  virtual ~Mixer() = default;
  // Weights [P, N], f32, on the pool's device -> an adapter for P candidates.
  virtual model::Adapter operator()(const at::Tensor& weights) const = 0;
  // alpha/r by which b is multiplied at a place, for the configuration of a written adapter; 1
  // where it has none of its own.
  virtual double scaling(size_t /*place*/) const { return 1; }
};

// The pool must outlive the mixer; the adapters that it makes are of type `dtype`. Error where the
// modules do not fit the composition, naming two that differ.
std::unique_ptr<const Mixer> mix_factors(const Pool& pool, const study::MixingRule& rule,
                                         at::ScalarType dtype);
std::unique_ptr<const Mixer> mix_products(const Pool& pool, const study::MixingRule& rule,
                                          at::ScalarType dtype);  // product, arrow
std::unique_ptr<const Mixer> mix_cut(const Pool& pool, const study::MixingRule& rule,
                                     at::ScalarType dtype);  // svd

}  // namespace lorahub::lora
