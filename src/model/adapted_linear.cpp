#include "model/adapted_linear.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>

namespace lorahub::model {

at::Tensor add_adapter(at::Tensor y, const at::Tensor& x, const LowRank* low) {
  if (low == nullptr) return y;
  RECORD_USER_SCOPE("adapters");
  const int64_t one = 1;
  const int64_t wide = std::max(
      {x.size(0), low->a.size(0), low->b.size(0), low->scale.defined() ? low->scale.size(0) : one});
  at::Tensor z = low->a.size(0) == 1 ? tensor::separate_rows_product(x, low->a[0])
                                     : at::bmm(x.expand({wide, -1, -1}), low->a.transpose(1, 2));
  if (low->scale.defined()) z = z * low->scale.unsqueeze(1);  // [P, rows, r]
  const at::Tensor bt = low->b.expand({wide, -1, -1}).transpose(1, 2);
  z = z.expand({wide, -1, -1});
  if (y.size(0) == wide) return y.baddbmm_(z, bt);
  return at::baddbmm(y.expand({wide, -1, -1}), z, bt);
}

at::Tensor linear(const tensor::Linear& layer, const Adapter& adapter, const at::Tensor& x,
                  const tensor::Products& by) {
  return add_adapter(by.product(x, layer), x, low_rank(adapter, layer.slot));
}

}  // namespace lorahub::model
