#include "model/t5/delta_layers.hpp"

#include <initializer_list>

namespace lorahub::model::t5 {

model::delta::DeltaLayers delta_layers(const Network& network) {
  model::delta::DeltaLayers all;
  const auto add = [&](std::initializer_list<const tensor::Linear*> some) {
    for (const tensor::Linear* layer : some)
      if (layer->weight.defined()) all.push_back(layer);
  };
  for (const Stack* stack : {&network.encoder, &network.decoder}) {
    for (const Block& block : stack->blocks) {
      add({&block.self.q, &block.self.k, &block.self.v, &block.self.o});
      add({&block.cross.q, &block.cross.o, &block.ff.wi_0, &block.ff.wi_1, &block.ff.wo});
    }
  }
  return all;
}

namespace {

struct Widths {
  double model, inner, ff, hidden;  // hidden: what a feed-forward's input is multiplied to
};
Widths widths(const T5Config& c) {
  const auto ff = static_cast<double>(c.d_ff);
  return {.model = static_cast<double>(c.d_model),
          .inner = static_cast<double>(c.inner()),
          .ff = ff,
          .hidden = c.gated ? 2 * ff : ff};
}

}  // namespace

double narrow_values(const T5Config& config) {
  const Widths w = widths(config);
  const double attention = w.model * w.inner, ff = w.model * (w.hidden + w.ff);
  return static_cast<double>(config.encoder_layers) * (4 * attention + ff) +
         static_cast<double>(config.decoder_layers) * (6 * attention + ff);
}

double trajectory_bytes(const T5Config& config, double source_tokens, double target_tokens) {
  const Widths w = widths(config);
  const double self = w.model + 3 * w.inner + w.inner + w.model;  // inputs and outputs: qkv, o
  const double cross = w.model + w.inner + w.inner + w.model;     // q, o
  const double ff = w.model + w.hidden + w.ff + w.model;
  return sizeof(float) *
         (static_cast<double>(config.encoder_layers) * source_tokens * (self + ff) +
          static_cast<double>(config.decoder_layers) * target_tokens * (self + cross + ff));
}

}  // namespace lorahub::model::t5
