#include "tensor/values.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace lorahub::tensor {

bool same_values(const at::Tensor& one, const at::Tensor& other) {
  if (one.scalar_type() != other.scalar_type() || one.sizes() != other.sizes()) return false;
  const bool same_memory =
      one.const_data_ptr() == other.const_data_ptr() && one.strides() == other.strides();
  return same_memory || at::equal(one, other);
}

// NaN and infinity survive a sum, so finite values mostly cost one reduction.
bool is_finite(const at::Tensor& values) {
  return std::isfinite(values.sum(at::kFloat).item<float>()) ||
         at::isfinite(values).all().item<bool>();
}

}  // namespace lorahub::tensor
