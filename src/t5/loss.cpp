#include "t5/loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>

#include "t5/cross.hpp"
#include "t5/kernels.hpp"
#include "t5/layers.hpp"

namespace lorahub::t5 {
namespace {

// Logit rows held at once: 128 x 32128 x 4 bytes = 16 MB.
constexpr int64_t kLogitRows = 128;

struct Batch {
  Packing sources, targets;
  Ids source_ids, decoder_ids,
      labels;  // decoder_ids: start token, then the target without its last id
};

Batch pack_batch(const Config& config, std::span<const Pair> examples) {
  Batch batch;
  std::vector<int64_t> source_lengths, target_lengths;
  for (const Pair& pair : examples) {
    check_ids(config, pair.source, "source");
    check_ids(config, pair.target, "target");
    source_lengths.push_back(static_cast<int64_t>(pair.source.size()));
    target_lengths.push_back(static_cast<int64_t>(pair.target.size()));
    batch.source_ids.insert(batch.source_ids.end(), pair.source.begin(), pair.source.end());
    batch.labels.insert(batch.labels.end(), pair.target.begin(), pair.target.end());
    batch.decoder_ids.push_back(config.decoder_start);
    batch.decoder_ids.insert(batch.decoder_ids.end(), pair.target.begin(), pair.target.end() - 1);
  }
  batch.sources = pack(source_lengths);
  batch.targets = pack(target_lengths);
  return batch;
}

// Decoder's hidden states of all targets at once: [P, target rows, d], f32.
at::Tensor decode(const Adapted& model, const Batch& batch, const at::Tensor& encoded) {
  RECORD_USER_SCOPE("decoder");
  const Network& n = model.network;
  const at::ScalarType dtype = n.embedding.scalar_type();
  const Sides sides{.targets = batch.targets, .sources = batch.sources};
  const Sides own_side{.targets = batch.targets, .sources = batch.targets};
  const bool absorb = short_targets(n.config, sides);
  const int64_t longest = batch.targets.longest;
  const at::Tensor bias =
      position_bias(n.config, n.decoder, Direction::causal, {.queries = longest, .keys = longest});
  at::Tensor x = embed(n, batch.decoder_ids);
  for (const Block& block : n.decoder.blocks) {
    const at::Tensor normed = rms_norm(x, block.self_norm, n.config.epsilon, dtype);
    const Projections qkv = project(block.self, model.adapter, normed, model.by);
    const at::Tensor own = attend_packed(qkv, own_side, bias, n.config.heads);
    x = add_linear(x, block.self.o, model.adapter, own, model.by);
    const Cross cross{.layer = block.cross,
                      .adapter = model.adapter,
                      .encoded = encoded,
                      .sides = sides,
                      .heads = n.config.heads,
                      .by = model.by};
    const at::Tensor asking = rms_norm(x, block.cross_norm, n.config.epsilon, dtype);
    const at::Tensor seen = absorb ? cross_absorbed(cross, asking) : cross_projected(cross, asking);
    x = add_linear(x, block.cross.o, model.adapter, seen, model.by);
    x = add_feed_forward(x, block, model);
  }
  return rms_norm(x, n.decoder.final_norm, n.config.epsilon, at::kFloat);
}

// Cross entropy of each row of [rows, d] -> losses [rows].
void cross_entropies(const Head& head, const at::Tensor& rows, const at::Tensor& labels,
                     at::Tensor losses) {
  for (int64_t first = 0; first < rows.size(0); first += kLogitRows) {
    const int64_t count = std::min(kLogitRows, rows.size(0) - first);
    const at::Tensor scores = logits(head, rows.narrow(0, first, count));
    const at::Tensor label = scores.gather(1, labels.narrow(0, first, count)).squeeze(1);
    losses.narrow(0, first, count).copy_(at::logsumexp(scores, 1) - label);
  }
}

// Of each row of [P, rows, d], f64 on the CPU: [P * rows]. All candidates' rows together where they
// have one head.
at::Tensor cross_entropies(const Adapted& model, const at::Tensor& hidden, const Ids& labels) {
  RECORD_USER_SCOPE("lm_head");
  const int64_t heads = adapts_head(model) ? hidden.size(0) : 1;
  const at::Tensor rows = hidden.reshape({heads, -1, hidden.size(2)});
  const at::Tensor wanted =
      at::tensor(labels, at::kLong).to(rows.device()).repeat({hidden.size(0) / heads}).unsqueeze(1);
  const at::Tensor losses = at::empty({heads, rows.size(1)}, rows.options());
  for (int64_t p = 0; p < heads; ++p)
    cross_entropies(output_head(model, static_cast<int>(p)), rows[p], wanted, losses[p]);
  return losses.to(at::kCPU, at::kDouble).flatten();
}

}  // namespace

std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Pair> examples, const Products& by) {
  assert(adapter.candidates >= 1);
  if (examples.empty()) return {};
  at::set_num_threads(1);
  keep_freed_memory();
  const c10::InferenceMode inference;
  const Batch batch = pack_batch(network.config, examples);
  const Adapted model{.network = network, .adapter = adapter, .by = by};
  const at::Tensor encoded = encode(model, batch.sources, batch.source_ids);
  const at::Tensor hidden = decode(model, batch, encoded).expand({adapter.candidates, -1, -1});
  const at::Tensor losses = cross_entropies(model, hidden, batch.labels);
  const double* loss = losses.const_data_ptr<double>();
  std::vector<double> sums;
  for (int p = 0; p < adapter.candidates; ++p) {
    for (const int64_t length : batch.targets.lengths) {
      double sum = 0;
      for (int64_t t = 0; t < length; ++t) sum += *loss++;
      sums.push_back(sum);
    }
  }
  return sums;
}

}  // namespace lorahub::t5
