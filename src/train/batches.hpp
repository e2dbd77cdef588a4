// Which rows meet in a batch: shuffled by the seed, then rows of like length together, so that
// little is padding.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "t5/loss.hpp"

namespace lorahub::train {

struct Shuffle {
  size_t batch = 10;
  uint64_t seed = 1;
};

// The batches of one pass over the rows, each row once: shuffled, sorted by source length within
// runs of 50 batches, cut, and the batches shuffled again. The short batch, if any, keeps its
// place.
std::vector<std::vector<size_t>> epoch_batches(std::span<const t5::Pair> rows,
                                               const Shuffle& shuffle, int64_t epoch);

// The order of `count` items after Fisher and Yates's shuffle with the stream (seed, purpose).
std::vector<size_t> shuffled(size_t count, uint64_t seed, const std::string& purpose);

}  // namespace lorahub::train
