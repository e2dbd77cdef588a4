// Attention of one sequence, head by head: for the tens to hundreds of rows of a prompt, where a
// general kernel spends more on copying than on multiplying.
#pragma once
#include <cstdint>
#include <vector>

namespace lorahub::tensor {

// Rows of all heads, `stride` floats apart; head h's values of a row start at h * width.
struct Heads {
  int64_t count = 0, width = 0, stride = 0;  // width: a multiple of 16
};

struct Sequence {
  const float *q, *k, *v;  // [queries or keys, stride]
  float* out;              // [queries, stride]
  int64_t queries, keys;
};

// Scores' bias of head h at q * row + k behind h * head; none: nullptr.
struct Bias {
  const float* values = nullptr;
  int64_t head = 0, row = 0;  // strides, in floats
};

// Whether this processor has the kernel and heads of `width` fit it.
bool fits_heads(int64_t width);

// Room for what is transposed and computed on the way, kept from call to call; for one thread.
using Workspace = std::vector<float>;

// out = softmax(q k^T + bias) v for each head. A query's row depends on this row, k, v and its bias
// alone, to the bit.
void attend_heads(const Heads& heads, const Sequence& sequence, const Bias& bias,
                  Workspace& workspace);

// Rows `stride` floats apart become columns: rows of `to` are `wide` apart, at least `rows` rounded
// up to 16, which are written. columns: a multiple of 16. Where fits_heads(16).
struct Matrix {
  const float* values;
  int64_t rows, columns, stride;
};
void transpose(const Matrix& from, float* to, int64_t wide);

}  // namespace lorahub::tensor
