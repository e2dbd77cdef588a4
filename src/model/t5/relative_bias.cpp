#include "model/t5/relative_bias.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace lorahub::model::t5 {
namespace {

// Half of the buckets (for each sign, if both directions count) are single distances, the others
// grow logarithmically up to max_distance. The operations and their order in f32 are those of the
// models' training code: the edges of the buckets depend on rounding.
at::Tensor buckets_of(const T5Config& config, Direction direction, at::Tensor distance) {
  at::Tensor bucket = at::zeros_like(distance);
  int64_t count = config.buckets;
  if (direction == Direction::both) {
    count /= 2;
    bucket = distance.gt(0).to(at::kLong) * count;
    distance = distance.abs();
  } else {
    distance = distance.neg().clamp_min(0);
  }
  const int64_t exact = count / 2;
  const double octaves = std::log(static_cast<double>(config.max_distance) / exact);
  const at::Tensor large = ((distance.clamp_min(1).to(at::kFloat) / exact).log() / octaves *
                            static_cast<double>(count - exact))
                               .to(at::kLong)
                               .add(exact)
                               .clamp_max(count - 1);
  return bucket + at::where(distance.lt(exact), distance, large);
}

}  // namespace

at::Tensor relative_buckets(const T5Config& config, Direction direction, Window window) {
  const at::Tensor keys = at::arange(window.keys);
  const at::Tensor queries = at::arange(window.keys - window.queries, window.keys);
  return buckets_of(config, direction, keys.unsqueeze(0) - queries.unsqueeze(1));
}

at::Tensor position_bias(const T5Config& config, const Stack& stack, Direction direction,
                         Window window) {
  const at::Tensor& table = stack.relative_bias;  // [buckets, h]
  if (window.queries == 0 || window.keys == 0)
    return at::empty({1, config.heads, window.queries, window.keys}, table.options());
  const at::Tensor distances = at::arange(1 - window.keys, window.queries);
  const at::Tensor buckets = buckets_of(config, direction, distances).to(table.device());
  // Of each distance once, [h, distances]; a query's row is a window into it, the last one's first.
  at::Tensor bias = table.index_select(0, buckets)
                        .t()
                        .contiguous()
                        .unfold(1, window.keys, 1)
                        .flip(1)
                        .contiguous();
  bias = bias.unsqueeze(0);
  if (direction == Direction::causal && window.queries > 1) {
    const at::Tensor future = at::ones({window.queries, window.keys}, bias.options())
                                  .triu(window.keys - window.queries + 1)
                                  .to(at::kBool);
    bias.masked_fill_(future, -std::numeric_limits<double>::infinity());
  }
  return bias;
}

}  // namespace lorahub::model::t5
