#include "model/t5/loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>

#include "model/t5/cross.hpp"
#include "model/t5/layers.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::t5 {
namespace {

// Logit rows held at once: 128 x 32128 x 4 bytes = 16 MB.
int64_t logit_rows(const at::Tensor& rows) { return rows.is_cpu() ? 128 : 2048; }

// Decoder's hidden states of all targets at once: [P, target rows, d], f32.
at::Tensor decode(const AdaptedLinear& model, const LossBatch& batch, const at::Tensor& encoded) {
  RECORD_USER_SCOPE("decoder");
  const Network& n = model.network;
  const at::ScalarType dtype = n.embedding.scalar_type();
  const tensor::Packing& targets = batch.targets.packing;
  const tensor::Sides sides{.targets = targets, .sources = batch.sources.packing};
  const tensor::Sides own_side{.targets = targets, .sources = targets};
  const bool absorb = short_targets(n.config, sides);
  at::Tensor x = embed(n.decoder_embedding, batch.targets.ids);
  for (const Block& block : n.decoder.blocks) {
    const at::Tensor normed = tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype);
    const tensor::Projections qkv = project(block.self, model.adapter, normed, model.by);
    const at::Tensor own = tensor::attend_packed(qkv, own_side, batch.targets.bias, n.config.heads);
    x = add_linear(x, block.self.o, model, own);
    const Cross cross{.layer = block.cross,
                      .adapter = model.adapter,
                      .encoded = encoded,
                      .sides = sides,
                      .heads = n.config.heads,
                      .by = model.by};
    const at::Tensor asking = tensor::rms_norm(x, block.cross_norm, n.config.epsilon, dtype);
    const at::Tensor seen = absorb ? cross_absorbed(cross, asking) : cross_projected(cross, asking);
    x = add_linear(x, block.cross.o, model, seen);
    x = add_feed_forward(x, block, model);
  }
  return tensor::rms_norm(x, n.decoder.final_norm, n.config.epsilon, at::kFloat);
}

// Cross entropy of each row of [rows, d] -> losses [rows].
void cross_entropies(const OutputHead& head, const at::Tensor& rows, const at::Tensor& labels,
                     const at::Tensor& losses) {
  const int64_t step = logit_rows(rows);
  for (int64_t first = 0; first < rows.size(0); first += step) {
    const int64_t count = std::min(step, rows.size(0) - first);
    const at::Tensor scores = logits(head, rows.narrow(0, first, count));
    const at::Tensor label = scores.gather(1, labels.narrow(0, first, count)).squeeze(1);
    losses.narrow(0, first, count).copy_(at::logsumexp(scores, 1) - label);
  }
}

// Of each row of [P, rows, d]: [P * rows]. All candidates' rows together where they have one head.
at::Tensor cross_entropies(const AdaptedLinear& model, const at::Tensor& hidden,
                           const at::Tensor& labels) {
  RECORD_USER_SCOPE("lm_head");
  const int64_t heads = adapts_head(model) ? hidden.size(0) : 1;
  const at::Tensor rows = hidden.reshape({heads, -1, hidden.size(2)});
  const at::Tensor wanted = labels.repeat({hidden.size(0) / heads}).unsqueeze(1);
  const at::Tensor losses = at::empty({heads, rows.size(1)}, rows.options());
  for (int64_t p = 0; p < heads; ++p)
    cross_entropies(output_head(model, static_cast<int>(p)), rows[p], wanted, losses[p]);
  return losses.flatten();
}

}  // namespace

Biases biases(const Network& network, std::span<const Tokens> examples) {
  size_t source = 0, target = 0;
  for (const Tokens& pair : examples) {
    source = std::max(source, pair.source.size());
    target = std::max(target, pair.target.size());
  }
  const c10::InferenceMode inference;
  return {.encoder = self_bias(network, Direction::both, static_cast<int64_t>(source)),
          .decoder = self_bias(network, Direction::causal, static_cast<int64_t>(target))};
}

LossBatch pack(const Network& network, std::span<const Tokens> examples, const Biases& biases) {
  const T5Config& config = network.config;
  std::vector<Ids> sources, read;
  Ids labels;
  for (const Tokens& pair : examples) {
    check_ids(config, pair.source, "source");
    check_ids(config, pair.target, "target");
    sources.push_back(pair.source);
    read.push_back({config.decoder_start});
    read.back().insert(read.back().end(), pair.target.begin(), pair.target.end() - 1);
    labels.insert(labels.end(), pair.target.begin(), pair.target.end());
  }
  const c10::InferenceMode inference;
  return {.sources = pack(network, sources, biases.encoder),
          .targets = pack(network, read, biases.decoder),
          .labels = to_device(network, labels)};
}

at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by) {
  assert(adapter.candidates >= 1);
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  const AdaptedLinear model{.network = network, .adapter = adapter, .by = by};
  const at::Tensor encoded = encode(model, batch.sources);
  const at::Tensor hidden = decode(model, batch, encoded).expand({adapter.candidates, -1, -1});
  return cross_entropies(model, hidden, batch.labels);
}

std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses) {
  const at::Tensor losses = token_losses.to(at::kCPU);
  const float* loss = losses.const_data_ptr<float>();
  const float* const end = loss + losses.numel();
  std::vector<double> sums;
  while (loss != end) {
    for (const int64_t length : batch.targets.packing.lengths) {
      double sum = 0;
      for (int64_t t = 0; t < length; ++t) sum += static_cast<double>(*loss++);
      sums.push_back(sum);
    }
  }
  return sums;
}

std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples, const tensor::Products& by) {
  if (examples.empty()) return {};
  const LossBatch batch = pack(network, examples, biases(network, examples));
  return sums(batch, token_losses(network, adapter, batch, by));
}

}  // namespace lorahub::model::t5
