// Attention of one sequence, head by head, on a CPU with AVX-512. The kernel is ours for two
// reasons: at the tens to hundreds of rows of a prompt a general kernel spends more time on copying
// than on multiplying, and the bits of a row must not depend on how many rows are computed.
#pragma once
#include <cstdint>
#include <vector>

namespace lorahub::tensor {

// Rows of all heads, `stride` floats apart; head h's values of a row start at h * width.
struct AttentionHeads {
  int64_t count = 0, width = 0, stride = 0;  // width: a multiple of 16
};

struct Sequence {
  const float *q, *k, *v;  // [queries or keys, stride]
  float* out;              // [queries, stride]
  int64_t queries, keys;
};

// What is added to the scores: the bias of head h, query q and key k is values[h * head + q * row +
// k]. nullptr stands for no bias.
struct Bias {
  const float* values = nullptr;
  int64_t head = 0, row = 0;  // strides, in floats
};

// Whether this processor has the kernel and heads of `width` fit it.
bool fits_heads(int64_t width);

// Memory for transposed keys and intermediate results, kept from call to call; each thread needs
// its own.
using Workspace = std::vector<float>;

// out = softmax(q k^T + bias) v for each head. A query's row depends on this row, k, v and its bias
// alone, to the bit.
void attend_heads(const AttentionHeads& heads, const Sequence& sequence, const Bias& bias,
                  Workspace& workspace);

// Heads of a decoder: groups of query heads share the keys and values of one head.
struct GroupedHeads {
  int64_t count = 0, groups = 0, width = 0;  // count: of the queries, a multiple of groups
  int64_t window = 0;                        // rows that a query sees, itself included; 0: all
};

// out = softmax(q k^T) v for each head, where the queries are the last rows of the keys' sequence
// and each sees itself and rows before it. Rows of q and out lie count * width floats apart, those
// of k and v groups * width. A query's row depends on this row and the rows of k and v that it sees
// alone, to the bit, while later ones are finite.
void attend_causal_heads(const GroupedHeads& heads, const Sequence& sequence, Workspace& workspace);

// Transposes a matrix whose rows lie `stride` floats apart. The rows of `to` lie `wide` floats
// apart; `wide` is at least `rows` rounded up to 16, and so many are written to each row. `columns`
// is a multiple of 16. It needs fits_heads(16).
struct Matrix {
  const float* values;
  int64_t rows, columns, stride;
};
void transpose(const Matrix& from, float* to, int64_t wide);

}  // namespace lorahub::tensor
