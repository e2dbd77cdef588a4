// The layers of a decoder-only network on rows [P, rows, features]: P candidates side by side,
// adapters unmerged. Rows that are still the same for all candidates have a first dimension of 1.
#pragma once
#include <ATen/core/Tensor.h>

#include "model/adapted_linear.hpp"
#include "model/llama/network.hpp"
#include "model/tokens.hpp"
#include "tensor/packed_attention.hpp"
#include "tensor/rotary.hpp"

namespace lorahub::model::llama {

// The network with the adapter of a population, and what its linear layers are multiplied by.
struct AdaptedNetwork {
  const Network& network;
  const Adapter& adapter;
  const tensor::Products& by = tensor::exact();
  Adapting adapting() const { return {.adapter = adapter, .by = by}; }
  at::ScalarType dtype() const { return network.embedding.scalar_type(); }
};

// Rows of the embedding in f32: [1, ids, d].
at::Tensor embed(const Network& network, const at::Tensor& ids);
at::Tensor to_device(const Network& network, const Ids& ids);  // [ids]

// RMSNorm in the type that the linear layers read.
at::Tensor normed(const AdaptedNetwork& model, const at::Tensor& x, const at::Tensor& weight);

// What one linear layer makes of its input: the product and the bias, then the adapters' additions.
at::Tensor biased_product(const BiasedLinear& layer, const at::Tensor& x,
                          const tensor::Products& by);
at::Tensor adapted_linear(const BiasedLinear& layer, const AdaptedNetwork& model,
                          const at::Tensor& x);
// residual + linear(x), f32. Writes into `residual` where its shape allows.
at::Tensor add_biased_linear(at::Tensor residual, const BiasedLinear& layer,
                             const AdaptedNetwork& model, const at::Tensor& x);

// Queries and keys as attention takes them: each head normed where the network does that, rotated,
// and the queries scaled by head_dim^-0.5; f32.
at::Tensor ready_queries(const Network& network, const Attention& layer, const at::Tensor& q,
                         const tensor::Rotation& by);
at::Tensor ready_keys(const Network& network, const Attention& layer, const at::Tensor& k,
                      const tensor::Rotation& by);

// residual + FF(norm(residual))
at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedNetwork& model);

}  // namespace lorahub::model::llama
