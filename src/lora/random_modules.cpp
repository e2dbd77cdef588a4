#include <ATen/ATen.h>

#include "base/random.hpp"
#include "base/text.hpp"
#include "lora/pool.hpp"

namespace lorahub::lora {

namespace {

// f64 on the CPU, row-major: the same numbers on every device.
at::Tensor gaussian(at::IntArrayRef sizes, base::Stream stream) {
  at::Tensor values = at::empty(sizes, at::kDouble);
  double* value = values.mutable_data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) value[i] = stream.normal();
  return values;
}

double length(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

// ||BA||_F without BA: the inner product of B^T B and A A^T, both [r, r].
double product_norm(const at::Tensor& a, const at::Tensor& b) {
  const double square = (b.t().matmul(b) * a.matmul(a.t())).sum().item<double>();
  return std::sqrt(std::max(square, 0.0));
}

// `stem`: the module and its place, for the streams.
Factors random_factors(const Factors& real, uint64_t seed, const std::string& stem) {
  const at::Tensor real_a = real.a.to(at::kCPU, at::kDouble),
                   real_b = real.b.to(at::kCPU, at::kDouble);
  at::Tensor a = gaussian(real_a.sizes(), base::Stream(seed, stem + "/a"));
  at::Tensor b = gaussian(real_b.sizes(), base::Stream(seed, stem + "/b"));
  a.mul_(length(real_a) / length(a));
  const double product = product_norm(a, b);  // 0 where the real a is 0
  b.mul_(product > 0 ? product_norm(real_a, real_b) / product : 0.0);
  return {.a = a, .b = b};
}

}  // namespace

Pool random_like(const Pool& pool, uint64_t seed) {
  Pool result = pool;
  if (pool.flat.defined()) result.flat = at::empty_like(pool.flat);
  for (auto* tensors : {&result.a, &result.b})
    for (at::Tensor& tensor : *tensors)
      tensor = pool.flat.defined() ? result.flat.as_strided(tensor.sizes(), tensor.strides(),
                                                            tensor.storage_offset())
                                   : at::empty_like(tensor);
  for (int module = 0; module < pool.size(); ++module)
    for (int place = 0; place < static_cast<int>(pool.slots.size()); ++place) {
      const std::string stem = base::format("{}/{}", pool.names[static_cast<size_t>(module)],
                                            pool.slots[static_cast<size_t>(place)]);
      const Factors drawn = random_factors(factors(pool, module, place), seed, stem);
      const Factors target = factors(result, module, place);
      target.a.copy_(drawn.a);
      target.b.copy_(drawn.b);
    }
  return result;
}

}  // namespace lorahub::lora
