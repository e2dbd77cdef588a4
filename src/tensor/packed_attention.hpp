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

// How queries of a decoder look at keys: each row at itself and at rows before it.
struct CausalHeads {
  int64_t count = 0;   // of the queries
  int64_t groups = 0;  // of the keys and values: so many heads, each for count / groups queries'
  int64_t window = 0;  // the last so many rows, itself included; 0: all
};

// softmax(q k^T) v of P x K packed sequences, example by example, in which the queries are the last
// rows of their keys' sequence. q [P, query rows, count * width], k and v [P, key rows, groups *
// width], q and k f32 or of v's type. Gives [P, query rows, count * width] in v's type.
at::Tensor attend_causal(const Projections& x, const Sides& sides, const CausalHeads& heads);

}  // namespace lorahub::tensor
