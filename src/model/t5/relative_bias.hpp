// T5's relative position bias: what is added to the scores of attention.
#pragma once
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

enum class Direction { both, causal };

// The keys stand at 0 .. keys-1, the queries at the last `queries` of these places.
struct Window {
  int64_t queries = 0, keys = 0;
};

// Bucket of each distance key - query: [queries, keys].
at::Tensor relative_buckets(const T5Config& config, Direction direction, Window window);

// Bias [1, h, queries, keys], f32; -inf where a causal query may not look. It depends on the
// distance alone, so the bias of shorter sequences is the upper left corner.
at::Tensor position_bias(const T5Config& config, const Stack& stack, Direction direction,
                         Window window);

}  // namespace lorahub::model::t5
