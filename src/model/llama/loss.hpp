// Cross entropies of a population on the target tokens, in one pass over packed rows: no padding,
// no masks.
#pragma once
#include <span>
#include <vector>

#include "model/llama/layers.hpp"

namespace lorahub::model::llama {

// Examples as the network reads them, on its device: prompt and target in one sequence, without the
// last token, which nothing follows.
struct LossBatch {
  tensor::Packing rows;       // of the sequences
  tensor::Packing targets;    // of the rows that predict a target token: the last ones of each
  at::Tensor ids;             // [rows]
  at::Tensor target_rows;     // [target rows], places in `ids`
  at::Tensor labels;          // [target rows]
  tensor::Rotation rotation;  // of all rows
  tensor::Rotation target_rotation;
};
// Error for ids outside the vocabulary, an empty side, and sequences longer than the network's.
LossBatch pack(const Network& network, std::span<const Tokens> examples);

// Cross entropy of each target token, in nats: [P * target rows], candidate-major, f32, on the
// network's device, which the host does not wait for. Softmax in f32 whatever the compute dtype.
at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by = tensor::exact());
// Adds up these losses over each example's target tokens: [P * K].
std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses);

// Computes these sums from the examples in one call. Runs on the calling thread alone.
std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples,
                              const tensor::Products& by = tensor::exact());

// Error for a sequence of so many rows where the network's are shorter.
void check_length(const LlamaConfig& config, size_t rows);

}  // namespace lorahub::model::llama
