// Examples as one pass over packed rows reads them.
#pragma once
#include <span>
#include <vector>

#include "model/llama/packed_sequences.hpp"

namespace lorahub::model::llama {

// Examples as the network reads them, on its device: prompt and target in one sequence, without the
// last token, which nothing follows.
struct LossBatch : PackedSequences {
  tensor::Packing targets;  // of the rows that predict a target token: the last ones of each
  at::Tensor target_rows;   // [target rows], places in `ids`
  at::Tensor labels;        // [target rows]
  tensor::Rotation target_rotation;
};
// Error for ids outside the vocabulary, an empty side, and sequences longer than the network's.
LossBatch pack(const Network& network, std::span<const Tokens> examples);

// Adds up token_losses() over each example's target tokens: [P * K].
std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses);

// Error for a sequence of so many rows where the network's are shorter.
void check_length(const LlamaConfig& config, size_t rows);

}  // namespace lorahub::model::llama
