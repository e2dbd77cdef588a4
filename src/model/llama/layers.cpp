#include "model/llama/layers.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "tensor/kernels.hpp"

namespace lorahub::model::llama {
namespace {

at::Tensor with_bias(const at::Tensor& y, const BiasedLinear& layer) {
  if (layer.bias.defined()) y.add_(layer.bias);
  return y;
}

// RMSNorm of each head of rows [P, rows, h * head_dim].
at::Tensor normed_heads(const Network& network, const at::Tensor& x, const at::Tensor& weight) {
  if (!weight.defined()) return x;
  const at::Tensor heads = x.to(at::kFloat).unflatten(2, {-1, network.config.head_dim});
  return tensor::rms_norm(heads, weight, network.config.epsilon, at::kFloat).view(x.sizes());
}

}  // namespace

at::Tensor embed(const Network& network, const at::Tensor& ids) {
  return network.embedding.index_select(0, ids).to(at::kFloat).unsqueeze(0);
}

at::Tensor to_device(const Network& network, const Ids& ids) {
  return at::tensor(ids, at::kLong).to(network.embedding.device());
}

at::Tensor normed(const AdaptedNetwork& model, const at::Tensor& x, const at::Tensor& weight) {
  return tensor::rms_norm(x, weight, model.network.config.epsilon, model.dtype());
}

at::Tensor biased_product(const BiasedLinear& layer, const at::Tensor& x,
                          const tensor::Products& by) {
  return with_bias(by.product(x, layer), layer);
}

at::Tensor adapted_linear(const BiasedLinear& layer, const AdaptedNetwork& model,
                          const at::Tensor& x) {
  return add_adapter(biased_product(layer, x, model.by), x, low_rank(model.adapter, layer.slot));
}

at::Tensor add_biased_linear(at::Tensor residual, const BiasedLinear& layer,
                             const AdaptedNetwork& model, const at::Tensor& x) {
  return with_bias(add_linear(std::move(residual), layer, model.adapting(), x), layer);
}

at::Tensor ready_queries(const Network& network, const Attention& layer, const at::Tensor& q,
                         const tensor::Rotation& by) {
  const double scale = 1 / std::sqrt(static_cast<double>(network.config.head_dim));
  return tensor::rotate(normed_heads(network, q, layer.q_norm), by, scale);
}

at::Tensor ready_keys(const Network& network, const Attention& layer, const at::Tensor& k,
                      const tensor::Rotation& by) {
  return tensor::rotate(normed_heads(network, k, layer.k_norm), by, 1);
}

at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedNetwork& model) {
  const at::Tensor x = normed(model, residual, block.ff_norm);
  const at::Tensor hidden = tensor::silu_gate(adapted_linear(block.ff.gate, model, x),
                                              adapted_linear(block.ff.up, model, x));
  return add_biased_linear(residual, block.ff.down, model, hidden);
}

}  // namespace lorahub::model::llama
