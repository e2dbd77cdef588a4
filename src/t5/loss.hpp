// Teacher-forced cross entropies of a population, in one pass over packed rows: no padding, no
// masks.
#pragma once
#include <span>
#include <vector>

#include "t5/products.hpp"

namespace lorahub::t5 {

using Ids = std::vector<int64_t>;
struct Pair {
  Ids source, target;  // token ids with </s>
};

// Sum over target tokens (</s> counts) of the cross entropy, in nats: [P * K], candidate-major. P =
// adapter.candidates. Softmax and sum in f32 or better whatever the compute dtype. Runs on the
// calling thread alone.
std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Pair> examples, const Products& by = exact());

}  // namespace lorahub::t5
