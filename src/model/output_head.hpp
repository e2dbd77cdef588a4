// The output head of a network: hidden states -> logits and cross entropies, with each candidate's
// addition, f32 whatever the compute dtype.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "model/adapter.hpp"

namespace lorahub::model {

// Rows of logits held at once on a CPU: 128 x 32128 x 4 bytes = 16 MB.
inline constexpr int64_t kLogitRows = 128;

struct HeadLayer {
  at::Tensor weight;  // [V, d]
  int slot = -1;
  double scale = 1;  // of the hidden states
};

// Rows [rows, d] of one candidate's hidden states -> logits [rows, V].
struct OutputHead {
  at::Tensor weight;  // [V, d], f32, or bf16 where a kernel takes it as it is
  double scale = 1;
  at::Tensor a, b;  // [r, d], [V, r], f32: the candidate's addition, undefined for none
  std::shared_ptr<const Routing> routing = nullptr;  // of the addition, f32
};
OutputHead output_head(const HeadLayer& layer, const Adapter& adapter, int candidate);
bool adapts_head(const HeadLayer& layer, const Adapter& adapter);  // else all have one head
at::Tensor logits(const OutputHead& head, const at::Tensor& rows);

// Cross entropy of each row of hidden [P, rows, d] with its label [rows], in nats: [P * rows].
at::Tensor cross_entropies(const HeadLayer& layer, const Adapter& adapter, const at::Tensor& hidden,
                           const at::Tensor& labels);

// Adds up losses [P * rows] over each example's rows: [P * examples].
std::vector<double> sums_by_example(const std::vector<int64_t>& lengths,
                                    const at::Tensor& token_losses);

}  // namespace lorahub::model
