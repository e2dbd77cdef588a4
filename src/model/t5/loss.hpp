// Teacher-forced cross entropies of a population, in one pass over packed rows: no padding, no
// masks.
#pragma once
#include <span>
#include <vector>

#include "model/t5/layers.hpp"

namespace lorahub::model::t5 {

// The position biases that passes over examples read, on the network's device; they are the same
// for all candidates.
struct Biases {
  at::Tensor encoder, decoder;  // self_bias()
};
Biases biases(const Network& network, std::span<const Tokens> examples);
struct LossBatch {
  LayerInput sources, targets;  // targets: as the decoder reads them, behind the start token
  at::Tensor labels;            // [target rows]
};
LossBatch pack(const Network& network, std::span<const Tokens> examples, const Biases& biases);

// Cross entropy of each target token, in nats: [P * target rows], candidate-major, f32, on the
// network's device, which the host does not wait for. Softmax in f32 whatever the compute dtype.
at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by = tensor::exact());
// Adds up these losses over each example's tokens (</s> counts): [P * K].
std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses);

// Computes these sums from the examples in one call. Runs on the calling thread alone.
std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples,
                              const tensor::Products& by = tensor::exact());

}  // namespace lorahub::model::t5
