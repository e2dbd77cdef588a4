// Attention of packed sequences, softmax(q k^T + bias) v, and of padded batches.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

namespace lorahub::tensor {

// Sequences one after another in the rows of one matrix, without padding.
struct Packing {
  std::vector<int64_t> lengths, offsets;
  int64_t rows = 0;     // sum of lengths
  int64_t longest = 0;  // largest length
};
Packing pack(const std::vector<int64_t>& lengths);

// The packing of the queries (targets) and of the keys (sources); both are the same in
// self-attention.
struct Sides {
  const Packing& targets;
  const Packing& sources;
};

// On a GPU, a copy of [.., keys] in `dtype` whose rows begin at multiples of 8 elements, as the
// attention kernels there want it. (They copy a bias with other rows at each call, and would
// misread one whose data does not begin at a multiple of 16 bytes.)
at::Tensor aligned(const at::Tensor& bias, at::ScalarType dtype);

// softmax(q k^T + bias) v without scaling; q [B, h, queries, d_kv], k and v [B, h, keys, d_kv].
// On a GPU the bias is aligned(), of q's type.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const at::Tensor& bias);

// Heads of rows [B, S, h * d_kv] as a view [B, h, S, d_kv], and back (a copy).
at::Tensor split_heads(const at::Tensor& rows, int64_t heads);
at::Tensor join_heads(const at::Tensor& heads);

struct Projections {
  at::Tensor q, k, v;  // [P, rows, h * d_kv]
};

// Attention of P x K packed sequences, example by example; bias [1, h, longest, longest] (queries,
// keys packed alike), or keys packed differently and no bias. Gives [P, rows, h * d_kv].
at::Tensor attend_packed(const Projections& x, const Sides& sides, const at::Tensor& bias,
                         int64_t heads);

}  // namespace lorahub::tensor
