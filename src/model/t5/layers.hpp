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

// Rows computed together on a CPU: activations stay in the cache, and a small model still fills a
// kernel. A GPU takes all that there are.
inline constexpr int64_t kRowsAtOnce = 1280;

// A network as one population sees it. Rows that are still the same for all candidates have a first
// dimension of 1.
struct AdaptedLinear {
  const Network& network;
  const Adapter& adapter;
  const tensor::Products& by = tensor::exact();
};

// residual + linear(x), f32. Writes into `residual` where its shape allows.
at::Tensor add_linear(at::Tensor residual, const tensor::Linear& layer, const AdaptedLinear& model,
                      const at::Tensor& x);

tensor::Projections project(const Attention& layer, const Adapter& adapter, const at::Tensor& x,
                            const tensor::Products& by = tensor::exact());

// residual + FF(norm(residual))
at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedLinear& model);

// Error for an empty sequence (`side`: source, target) and for ids outside the vocabulary.
void check_ids(const T5Config& config, const Ids& ids, const char* side);

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
at::Tensor encode(const AdaptedLinear& model, const LayerInput& sources);

// Rows [rows, d] of one candidate's decoder output -> logits [rows, V], f32 whatever the compute
// dtype.
struct OutputHead {
  at::Tensor weight;  // [V, d], f32, or bf16 where a kernel takes it as it is
  double scale = 1;
  at::Tensor a, b;  // [r, d], [V, r], f32: the candidate's addition, undefined for none
};
OutputHead output_head(const AdaptedLinear& model, int candidate);
bool adapts_head(const AdaptedLinear& model);  // else all candidates have one head
at::Tensor logits(const OutputHead& head, const at::Tensor& rows);

}  // namespace lorahub::model::t5
