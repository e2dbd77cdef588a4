#include "model/llama/loss_batch.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace lorahub::model::llama {
namespace {

// The last rows of each sequence, as many as it has targets.
Ids last_rows(const tensor::Packing& rows, const std::vector<int64_t>& counts) {
  Ids places;
  for (size_t i = 0; i < counts.size(); ++i)
    for (int64_t t = 0; t < counts[i]; ++t)
      places.push_back(rows.offsets[i] + rows.lengths[i] - counts[i] + t);
  return places;
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
  std::vector<Ids> sequences;
  std::vector<int64_t> target_lengths;
  Ids labels;
  size_t shortest = std::numeric_limits<size_t>::max();  // prompt, whose last token asks
  for (const Tokens& pair : examples) {
    check_example(network.config, pair);
    sequences.push_back(pair.source);
    sequences.back().insert(sequences.back().end(), pair.target.begin(), pair.target.end() - 1);
    target_lengths.push_back(std::ssize(pair.target));
    labels.insert(labels.end(), pair.target.begin(), pair.target.end());
    shortest = std::min(shortest, pair.source.size());
  }
  const c10::InferenceMode inference;
  LossBatch batch{pack_sequences(network, sequences, static_cast<int64_t>(shortest) - 1)};
  batch.targets = tensor::pack(target_lengths);
  batch.target_rows = to_device(network, last_rows(batch.rows, target_lengths));
  batch.labels = to_device(network, labels);
  batch.target_rotation = {.cos = batch.rotation.cos.index_select(0, batch.target_rows),
                           .sin = batch.rotation.sin.index_select(0, batch.target_rows)};
  return batch;
}

std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses) {
  return sums_by_example(batch.targets.lengths, token_losses);
}

}  // namespace lorahub::model::llama
