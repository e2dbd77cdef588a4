// The layers of a T5 block on rows [P, rows, features]: P candidates side by side, adapters
// unmerged.
#pragma once
#include <ATen/core/Tensor.h>

#include "model/adapted_linear.hpp"
#include "model/t5/network.hpp"
#include "model/t5/relative_bias.hpp"
#include "model/tokens.hpp"
#include "tensor/packed_attention.hpp"

namespace lorahub::model::t5 {

// The network with the adapter of a population, and what its linear layers are multiplied by. Rows
// that are still the same for all candidates have a first dimension of 1.
struct AdaptedNetwork {
  const Network& network;
  const Adapter& adapter;
  const tensor::Products& by = tensor::exact();
  Adapting adapting() const { return {.adapter = adapter, .by = by}; }
};

tensor::Projections project(const Attention& layer, const Adapter& adapter, const at::Tensor& x,
                            const tensor::Products& by = tensor::exact());

// residual + FF(norm(residual))
at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedNetwork& model);

// Sequences as a stack reads them, on the network's device.
struct LayerInput {
  tensor::Packing packing;
  at::Tensor ids;   // [rows]
  at::Tensor bias;  // self_bias() for at least the longest
};
LayerInput pack(const Network& network, const std::vector<Ids>& sequences, at::Tensor bias);
at::Tensor to_device(const Network& network, const Ids& ids);  // [ids]

// position_bias() of the encoder (both) or the decoder (causal) for sequences of up to `longest`,
// as attend_packed() takes it without a copy.
at::Tensor self_bias(const Network& network, Direction direction, int64_t longest);

// Rows of an embedding in f32: [1, ids, d].
at::Tensor embed(const at::Tensor& embedding, const at::Tensor& ids);

// Final hidden states of packed sources: [P, rows, d], compute dtype.
at::Tensor encode(const AdaptedNetwork& model, const LayerInput& sources);

// What the encoder's last block takes of packed sources: [1, rows, d], f32, of one candidate.
at::Tensor encode_to_last_block(const AdaptedNetwork& model, const LayerInput& sources);

}  // namespace lorahub::model::t5
