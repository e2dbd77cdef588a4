#include "t5/products.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

#include <optional>
#include <string_view>

#include "t5/skinny.hpp"

namespace lorahub::t5 {
namespace {

constexpr int64_t kFewRows = 128;  // of a candidate; below, oneDNN's bits depend on the rows, too

using Maybe = std::optional<at::Tensor>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Linear = at::Tensor(const at::Tensor&, const at::Tensor&, const Maybe&, std::string_view,
                          Scalars, std::optional<std::string_view>);
using Binary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Maybe&,
                          std::string_view);

// oneDNN's f32 products, which LibTorch takes for bf16 alone.
struct OneDnn {
  c10::TypedOperatorHandle<Linear> linear;
  c10::TypedOperatorHandle<Binary> binary;
};

// Where they are the faster ones: MKL takes its AVX2 kernels on processors that are not Intel's
// (1.13 times slower on a Zen 4, level on a Sapphire Rapids). By the name of the maker, not by a
// measurement: all ranks must choose alike.
const OneDnn* one_dnn() {
  static const std::optional<OneDnn> found = []() -> std::optional<OneDnn> {
#if defined(__x86_64__) && defined(__GNUC__)
    if (!__builtin_cpu_is("amd")) return std::nullopt;
#else
    return std::nullopt;
#endif
    auto& dispatcher = c10::Dispatcher::singleton();
    const auto linear = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    const auto binary = dispatcher.findSchema({"mkldnn::_linear_pointwise", "binary"});
    if (!linear || !binary) return std::nullopt;
    return OneDnn{.linear = linear->typed<Linear>(), .binary = binary->typed<Binary>()};
  }();
  return found ? &*found : nullptr;
}

bool is_plain(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

bool few_rows(const at::Tensor& x) { return x.size(-2) <= kFewRows; }

const OneDnn* one_dnn_for(const at::Tensor& x) {
  return is_plain(x) && !few_rows(x) ? one_dnn() : nullptr;
}

}  // namespace

at::Tensor product(const at::Tensor& x, const at::Tensor& weight) {
  RECORD_USER_SCOPE("linears");
  if (few_rows(x) && fits_skinny(x, weight)) {
    const at::Tensor y = at::zeros({x.size(0), x.size(1), weight.size(0)}, x.options());
    add_skinny(y, x, weight);
    return y;
  }
  if (const OneDnn* fast = one_dnn_for(x))
    return fast->linear.call(x, weight, std::nullopt, "none", Scalars(), "");
  return at::linear(x, weight);
}

at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const at::Tensor& weight) {
  RECORD_USER_SCOPE("linears");
  if (few_rows(x) && fits_skinny(x, weight)) {
    add_skinny(sum, x, weight);
    return sum;
  }
  if (const OneDnn* fast = one_dnn_for(x))
    return fast->binary.call(x, sum, weight, std::nullopt, "add");
  sum.view({-1, sum.size(2)}).addmm_(x.view({-1, x.size(2)}), weight.t());
  return sum;
}

}  // namespace lorahub::t5
