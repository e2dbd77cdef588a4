#include "model/llama/loss_batch.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/check.hpp"
#include "model/llama/rotary_angles.hpp"

namespace lorahub::model::llama {
namespace {

// Sequences of ids being packed, and the rows that ask for a target.
class SequencePacker {
 public:
  // All but the last token of an example, from position `first` on.
  void add(const Tokens& pair, int64_t first) {
    const auto prompt = static_cast<int64_t>(pair.source.size());
    const auto targets = static_cast<int64_t>(pair.target.size());
    for (int64_t t = 0; t < targets; ++t)
      target_rows.push_back(std::ssize(ids) + prompt - first - 1 + t);
    add_ids(std::span(pair.source).subspan(static_cast<size_t>(first)), first);
    ids.insert(ids.end(), pair.target.begin(), pair.target.end() - 1);
    for (int64_t t = 0; t + 1 < targets; ++t) positions.push_back(prompt + t);
    labels.insert(labels.end(), pair.target.begin(), pair.target.end());
    lengths.push_back(prompt - first + targets - 1);
    target_lengths.push_back(targets);
  }
  void add_prefix(std::span<const int64_t> prefix) {
    add_ids(prefix, 0);
    lengths.push_back(std::ssize(prefix));
  }

  Ids ids, positions, target_rows, labels;
  std::vector<int64_t> lengths, target_lengths;

 private:
  void add_ids(std::span<const int64_t> some, int64_t position) {
    ids.insert(ids.end(), some.begin(), some.end());
    for (size_t i = 0; i < some.size(); ++i) positions.push_back(position++);
  }
};

// How many rows all examples begin with, none of which asks for a target; 0 where sharing them
// saves less than gathering keys and values costs.
int64_t shared_rows(std::span<const Tokens> examples) {
  constexpr size_t kLeastPart = 32;
  if (examples.size() < 2) return 0;
  const Ids& first = examples.front().source;
  size_t shared = first.size(), rows = 0;
  for (const Tokens& pair : examples) {
    const Ids& ids = pair.source;
    const size_t most = std::min(shared, ids.size() - 1);
    const auto differs =
        std::mismatch(first.begin(), first.begin() + static_cast<long>(most), ids.begin());
    shared = static_cast<size_t>(differs.first - first.begin());
    rows += ids.size() + pair.target.size() - 1;
  }
  const size_t saved = shared * (examples.size() - 1);
  return kLeastPart * saved >= rows ? static_cast<int64_t>(shared) : 0;
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

void share_last(const Network& network, LossBatch& batch) {
  const std::vector<int64_t>& own = batch.rows.lengths;
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < own.size(); ++i)
    lengths.push_back(own[i] + (i + 1 < own.size() ? own.back() : 0));
  batch.seen = tensor::pack(lengths);
  batch.seen_rows = to_device(network, places_seen(batch.rows));
}

void check_example(const LlamaConfig& config, const Tokens& pair) {
  check_ids(pair.source, config.vocabulary, "source");
  check_ids(pair.target, config.vocabulary, "target");
  check_length(config, pair.source.size() + pair.target.size());
}

}  // namespace

void check_length(const LlamaConfig& config, size_t rows) {
  base::check(static_cast<int64_t>(rows) <= config.most_positions,
              "a prompt with its answer has {} tokens (the model was made for {}: "
              "max_position_embeddings), shorten it",
              rows, config.most_positions);
}

LossBatch pack(const Network& network, std::span<const Tokens> examples) {
  const LlamaConfig& config = network.config;
  for (const Tokens& pair : examples) check_example(config, pair);
  const int64_t shared = shared_rows(examples);
  SequencePacker all;
  for (const Tokens& pair : examples) all.add(pair, shared);
  if (shared > 0)
    all.add_prefix(std::span(examples.front().source).first(static_cast<size_t>(shared)));
  const c10::InferenceMode inference;
  LossBatch batch{.rows = tensor::pack(all.lengths),
                  .seen = tensor::pack(all.lengths),
                  .seen_rows = {},
                  .targets = tensor::pack(all.target_lengths),
                  .ids = to_device(network, all.ids),
                  .target_rows = to_device(network, all.target_rows),
                  .labels = to_device(network, all.labels),
                  .rotation = rotation(config, to_device(network, all.positions)),
                  .target_rotation = {}};
  batch.target_rotation = {.cos = batch.rotation.cos.index_select(0, batch.target_rows),
                           .sin = batch.rotation.sin.index_select(0, batch.target_rows)};
  if (shared > 0) share_last(network, batch);
  return batch;
}

std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses) {
  return sums_by_example(batch.targets.lengths, token_losses);
}

}  // namespace lorahub::model::llama
