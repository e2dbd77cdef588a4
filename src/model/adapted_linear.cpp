#include "model/adapted_linear.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "tensor/kernels.hpp"

namespace lorahub::model {

at::Tensor add_adapter(at::Tensor y, const at::Tensor& x, const LowRank* low) {
  if (low == nullptr) return y;
  RECORD_USER_SCOPE("adapters");
  const int64_t one = 1;
  const int64_t wide = std::max(
      {x.size(0), low->a.size(0), low->b.size(0), low->scale.defined() ? low->scale.size(0) : one});
  at::Tensor z = low->a.size(0) == 1 ? tensor::separate_rows_product(x, low->a[0])
                                     : at::bmm(x.expand({wide, -1, -1}), low->a.transpose(1, 2));
  z = scaled(z, *low);  // [P, rows, r]
  if (low->routing) z = z * shares(*low->routing, x);
  const at::Tensor bt = low->b.expand({wide, -1, -1}).transpose(1, 2);
  z = z.expand({wide, -1, -1});
  if (y.size(0) == wide) return y.baddbmm_(z, bt);
  return at::baddbmm(y.expand({wide, -1, -1}), z, bt);
}

at::Tensor linear(const tensor::Linear& layer, const Adapter& adapter, const at::Tensor& x,
                  const tensor::Products& by) {
  return add_adapter(by.product(x, layer), x, low_rank(adapter, layer.slot));
}

at::Tensor add_linear(at::Tensor residual, const tensor::Linear& layer, const Adapting& adapting,
                      const at::Tensor& x) {
  if (layer.weight.scalar_type() != at::kFloat)
    return tensor::add_to(std::move(residual), linear(layer, adapting.adapter, x, adapting.by));
  if (residual.size(0) < x.size(0)) {
    residual = residual.expand({x.size(0), -1, -1}).contiguous();
  }
  residual = adapting.by.plus_product(residual, x, layer);
  return add_adapter(residual, x, low_rank(adapting.adapter, layer.slot));
}

int candidates_at_once(const at::Tensor& x, int population) {
  if (!x.is_cpu()) return population;
  return static_cast<int>(std::clamp<int64_t>(kRowsAtOnce / x.size(1), 1, population));
}

}  // namespace lorahub::model
