#include "model/llama/packed_sequences.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "model/llama/rotary_angles.hpp"

namespace lorahub::model::llama {
namespace {

// How many rows are shared; 0 where that saves less than gathering keys and values costs.
int64_t shared_rows(std::span<const Ids> sequences, int64_t most_shared) {
  constexpr int64_t kLeastPart = 32;
  if (sequences.size() < 2) return 0;
  const Ids& first = sequences.front();
  int64_t shared = most_shared, rows = 0;
  for (const Ids& ids : sequences) {
    const auto differs = std::mismatch(first.begin(), first.begin() + shared, ids.begin());
    shared = differs.first - first.begin();
    rows += std::ssize(ids);
  }
  return kLeastPart * shared * (std::ssize(sequences) - 1) >= rows ? shared : 0;
}

// The rows that each sequence sees, the last one being what the others share.
Ids places_seen(const tensor::Packing& rows) {
  const int64_t shared = rows.lengths.back(), begin = rows.offsets.back();
  Ids places;
  const auto add = [&](int64_t from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) places.push_back(from + i);
  };
  for (size_t i = 0; i + 1 < rows.lengths.size(); ++i) {
    add(begin, shared);
    add(rows.offsets[i], rows.lengths[i]);
  }
  add(begin, shared);
  return places;
}

void share_last(const Network& network, PackedSequences& packed) {
  const std::vector<int64_t>& own = packed.rows.lengths;
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < own.size(); ++i)
    lengths.push_back(own[i] + (i + 1 < own.size() ? own.back() : 0));
  packed.seen = tensor::pack(lengths);
  packed.seen_rows = to_device(network, places_seen(packed.rows));
}

}  // namespace

at::Tensor PackedSequences::seen_by_each(const at::Tensor& all) const {
  return seen_rows.defined() ? all.index_select(1, seen_rows) : all;
}

PackedSequences pack_sequences(const Network& network, std::span<const Ids> sequences,
                               int64_t most_shared) {
  const int64_t shared = shared_rows(sequences, most_shared);
  Ids ids, positions;
  std::vector<int64_t> lengths;
  const auto add = [&](std::span<const int64_t> some, int64_t first) {
    ids.insert(ids.end(), some.begin(), some.end());
    lengths.push_back(std::ssize(some));
    for (int64_t i = 0; i < std::ssize(some); ++i) positions.push_back(first + i);
  };
  const auto count = static_cast<size_t>(shared);
  for (const Ids& sequence : sequences) add(std::span(sequence).subspan(count), shared);
  if (shared > 0) add(std::span(sequences.front()).first(count), 0);
  const c10::InferenceMode inference;
  PackedSequences packed{.rows = tensor::pack(lengths),
                         .seen = tensor::pack(lengths),
                         .seen_rows = {},
                         .ids = to_device(network, ids),
                         .rotation = rotation(network.config, to_device(network, positions))};
  if (shared > 0) share_last(network, packed);
  return packed;
}

}  // namespace lorahub::model::llama
