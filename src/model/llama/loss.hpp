// Cross entropies of a population on the target tokens, in one pass over packed rows: no padding,
// no masks.
#pragma once
#include <span>
#include <vector>

#include "model/llama/loss_batch.hpp"

namespace lorahub::model::llama {

// Cross entropy of each target token, in nats: [P * target rows], candidate-major, f32, on the
// network's device, which the host does not wait for. Softmax in f32 whatever the compute dtype.
at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by = tensor::exact());
// Computes the sums of these losses from the examples in one call: [P * K]. Runs on the calling
// thread alone.
std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples,
                              const tensor::Products& by = tensor::exact());

// As Model::prompt_state (model.hpp). Error for an id outside the vocabulary, or too long a prompt.
at::Tensor prompt_state(const Network& network, const Adapter& adapter, const Ids& prompt);

}  // namespace lorahub::model::llama
