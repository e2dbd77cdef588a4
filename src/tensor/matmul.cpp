#include "tensor/matmul.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/cpu/attention_kernel.hpp"
#include "tensor/cpu/few_rows_matmul.hpp"
#include "tensor/shared_tensor.hpp"
#include "tensor/threads.hpp"

namespace lorahub::tensor {
namespace {

constexpr int64_t kFewRows = 128;  // of a candidate; below, oneDNN's bits depend on the rows, too

using Maybe = std::optional<at::Tensor>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using LinearProduct = at::Tensor(const at::Tensor&, const at::Tensor&, const Maybe&,
                                 std::string_view, Scalars, std::optional<std::string_view>);
using Binary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const Maybe&,
                          std::string_view);

// oneDNN's f32 products, which LibTorch takes for bf16 alone.
struct OneDnn {
  c10::TypedOperatorHandle<LinearProduct> linear;
  c10::TypedOperatorHandle<Binary> binary;
};

// oneDNN where it is faster than MKL, else null. MKL takes its AVX2 kernels on processors that are
// not Intel's (1.13 times slower on a Zen 4, level on a Sapphire Rapids). The maker's name decides,
// not a measurement, because all ranks must choose alike.
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
    return OneDnn{.linear = linear->typed<LinearProduct>(), .binary = binary->typed<Binary>()};
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

// The weight [out, in], in the order of memory that is faster.
const at::Tensor& best_layout(const Linear& layer) {
  const bool usable =
      layer.transposed.defined() && layer.transposed_from == layer.weight.const_data_ptr();
  return usable ? layer.transposed : layer.weight;
}

void copy_turned(const Linear& layer) {
  const at::Tensor& w = layer.weight;
  if (!fits_heads(w.size(0)) || !fits_heads(w.size(1)) || !w.is_contiguous()) {
    layer.transposed.copy_(w);
    return;
  }
  transpose({.values = w.const_data_ptr<float>(),
             .rows = w.size(0),
             .columns = w.size(1),
             .stride = w.size(1)},
            layer.transposed.mutable_data_ptr<float>(), w.size(0));
}

// Points each layer's copy to its place in `flat`.
void place_copies(const std::vector<Linear*>& layers, const at::Tensor& flat) {
  int64_t begin = 0;
  for (Linear* layer : layers) {
    const at::Tensor& w = layer->weight;
    layer->transposed = flat.narrow(0, begin, w.numel()).view({w.size(1), w.size(0)}).t();
    layer->transposed_from = w.const_data_ptr();
    begin += w.numel();
  }
}

bool has_matrix_tiles() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("amx-bf16") != 0;
#else
  return false;
#endif
}

// x W^T in bf16. With AMX, oneDNN adds a wide row up in blocks whose width depends on how many rows
// it is given, so each candidate's rows are given alone there (LibTorch 2.11, oneDNN 3.10: rows of
// up to 1024 values are one block, for any number of rows and on one thread).
at::Tensor separate_candidates_product(const at::Tensor& x, const at::Tensor& weight) {
  constexpr int64_t kOneBlock = 1024;
  if (x.dim() != 3 || x.size(0) == 1 || x.size(2) <= kOneBlock || !has_matrix_tiles())
    return at::linear(x, weight);
  at::Tensor y = at::empty({x.size(0), x.size(1), weight.size(0)}, x.options());
  for (int64_t p = 0; p < x.size(0); ++p) y[p].copy_(at::linear(x[p], weight));
  return y;
}

}  // namespace

at::Tensor separate_rows_product(const at::Tensor& x, const at::Tensor& weight) {
  constexpr int64_t kTile = 32;  // values of bf16 in a row of a tile
  if (!x.is_cpu() || x.scalar_type() != at::kBFloat16) return at::linear(x, weight);
  const int64_t beyond = weight.size(1) % kTile;
  if (weight.size(1) < kTile || beyond == 0) return separate_candidates_product(x, weight);
  const int64_t zeros = kTile - beyond;
  return separate_candidates_product(at::constant_pad_nd(x, {0, zeros}),
                                     at::constant_pad_nd(weight, {0, zeros}));
}

at::Tensor product(const at::Tensor& x, const Linear& layer) {
  RECORD_USER_SCOPE("linears");
  const at::Tensor& weight = layer.weight;
  if (few_rows(x) && fits_skinny(x, weight)) {
    at::Tensor y = at::zeros({x.size(0), x.size(1), weight.size(0)}, x.options());
    add_skinny(y, x, weight);
    return y;
  }
  if (const OneDnn* fast = one_dnn_for(x))
    return fast->linear.call(x, best_layout(layer), std::nullopt, "none", Scalars(), "");
  return separate_rows_product(x, weight);
}

at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) {
  RECORD_USER_SCOPE("linears");
  const at::Tensor& weight = layer.weight;
  if (few_rows(x) && fits_skinny(x, weight)) {
    add_skinny(sum, x, weight);
    return sum;
  }
  if (const OneDnn* fast = one_dnn_for(x))
    return fast->binary.call(x, sum, best_layout(layer), std::nullopt, "add");
  sum.view({-1, sum.size(2)}).addmm_(x.view({-1, x.size(2)}), weight.t());
  return sum;
}

at::Tensor Products::product(const at::Tensor& x, const Linear& layer) const {
  return tensor::product(x, layer);
}

at::Tensor Products::plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) const {
  return tensor::plus_product(std::move(sum), x, layer);
}

const Products& exact() {
  static const Products products;
  return products;
}

at::Tensor rows_product(const at::Tensor& x, const at::Tensor& weight) {
  if (const OneDnn* fast = is_plain(x) ? one_dnn() : nullptr)
    return fast->linear.call(x, weight, std::nullopt, "none", Scalars(), "");
  return at::linear(x, weight);
}

bool wants_transposed(at::ScalarType dtype) { return dtype == at::kFloat && one_dnn() != nullptr; }

void transpose_weights(const std::vector<Linear*>& layers, const std::string& origin, int threads) {
  if (!wants_transposed(at::kFloat)) return;
  int64_t total = 0;
  for (const Linear* layer : layers) total += layer->weight.numel();
  const at::Tensor flat =
      shared_tensor(origin.empty() ? "" : "transposed weights " + origin,
                    {.type = at::kFloat, .sizes = total}, [&](const at::Tensor& memory) {
                      place_copies(layers, memory);
                      share(threads, static_cast<int>(layers.size()),
                            [&](int i) { copy_turned(*layers[static_cast<size_t>(i)]); });
                    });
  place_copies(layers, flat);
}

}  // namespace lorahub::tensor
