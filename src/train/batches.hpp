// Decides which rows meet in a batch: they are shuffled by the seed, then rows of like length come
// together, so that little is padding.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/tokens.hpp"

namespace lorahub::train {

struct Shuffle {
  size_t batch = 10;        // rows of a batch, at most
  size_t batch_tokens = 0;  // its source tokens with padding, at most (but one row); 0: any
  uint64_t seed = 1;
};

// The batches of one pass over rows with sources of these lengths, each row once: shuffled, sorted
// by length within runs of 50 batches, cut, and the batches shuffled again.
using Batches = std::vector<std::vector<size_t>>;
Batches epoch_batches(std::span<const size_t> lengths, const Shuffle& shuffle, int64_t epoch);

// The rows of each step of a training: `accumulate` batches, the passes one after another.
class RowOrder {
 public:
  RowOrder(std::span<const model::Tokens> rows, const Shuffle& shuffle, int64_t accumulate);

  std::vector<size_t> rows(int64_t step);
  int64_t first_step(int64_t epoch);  // of a pass

 private:
  const Batches& batches(int64_t epoch);

  std::vector<size_t> lengths_;
  Shuffle shuffle_;
  int64_t accumulate_;
  std::vector<int64_t> first_steps_{0};  // of the passes known so far, and of the next
  int64_t epoch_ = -1;                   // that `batches_` are of
  Batches batches_;
};

// The order of `count` items after Fisher and Yates's shuffle with the stream (seed, purpose).
std::vector<size_t> shuffled(size_t count, uint64_t seed, const std::string& purpose);

}  // namespace lorahub::train
