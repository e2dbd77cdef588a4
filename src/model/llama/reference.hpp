// The network in its plainest form: padded batch, masks, softmax written out, one adapter, autograd
// through all of it. The fast paths are tested against it, and training differentiates it.
#pragma once
#include <span>

#include "model/llama/layers.hpp"
#include "tensor/dropout.hpp"

namespace lorahub::model::llama::reference {

// Logits [K, T, V] of the target tokens (T: longest target) for examples padded together;
// adapter.candidates must be 1.
at::Tensor logits(const Network& network, const Adapter& adapter, std::span<const Tokens> examples);

// Cross-entropy sum for each example, [K], differentiable; as model::llama::loss_sums for one
// candidate. The head is applied to target tokens alone.
at::Tensor loss_sums(const Network& network, const Adapter& adapter,
                     std::span<const Tokens> examples, const tensor::Dropout& dropout = {});

}  // namespace lorahub::model::llama::reference
