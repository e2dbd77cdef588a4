#include "t5/delta.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <initializer_list>
#include <map>
#include <vector>

#include "t5/kernels.hpp"
#include "t5/threads.hpp"

namespace lorahub::t5 {
namespace {

class Recorder : public Products {
 public:
  at::Tensor product(const at::Tensor& x, const Linear& layer) const override {
    at::Tensor y = t5::product(x, layer);
    found_.places[layer.slot] = {.x0 = x.contiguous(), .y0 = y.clone()};
    return y;
  }
  at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) const override {
    return sum.add_(product(x, layer));
  }
  Trajectory found() && { return std::move(found_); }

 private:
  mutable Trajectory found_;
};

class Bf16Weights : public NarrowWeights {
 public:
  Bf16Weights(const Network& network, int threads) {
    const std::vector<const Linear*> layers = delta_layers(network);
    for (const Linear* layer : layers) by_slot_[layer->slot];
    share(threads, static_cast<int>(layers.size()), [&](int i) {
      const c10::InferenceMode inference;
      const Linear& layer = *layers[static_cast<size_t>(i)];
      by_slot_.at(layer.slot) = layer.weight.to(at::kBFloat16);
    });
  }
  const at::Tensor& of(int slot) const { return by_slot_.at(slot); }
  std::unique_ptr<Products> products(const Trajectory& base) const override;

 private:
  std::map<int, at::Tensor> by_slot_;
};

class Bf16Products : public Products {
 public:
  Bf16Products(const Bf16Weights& weights, const Trajectory& base)
      : weights_(weights), base_(base) {}

  at::Tensor product(const at::Tensor& x, const Linear& layer) const override {
    const at::Tensor& y0 = base_.places.at(layer.slot).y0;
    if (!x.is_cpu()) return y0 + moved(x, layer);
    return add_to(y0.expand({x.size(0), -1, -1}).clone(at::MemoryFormat::Contiguous),
                  moved(x, layer));
  }
  at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) const override {
    sum.add_(base_.places.at(layer.slot).y0);
    return add_to(std::move(sum), moved(x, layer));
  }

 private:
  // (x - x0) W^T. Layers that read the same share the difference.
  at::Tensor moved(const at::Tensor& x, const Linear& layer) const {
    RECORD_USER_SCOPE("linears");
    if (!last_input_.is_same(x)) {
      last_input_ = x;
      last_ = (x - base_.places.at(layer.slot).x0).to(at::kBFloat16);
    }
    return separate_rows_product(last_, weights_.of(layer.slot));
  }

  const Bf16Weights& weights_;
  const Trajectory& base_;
  mutable at::Tensor last_input_, last_;
};

std::unique_ptr<Products> Bf16Weights::products(const Trajectory& base) const {
  return std::make_unique<Bf16Products>(*this, base);
}

}  // namespace

std::shared_ptr<const NarrowWeights> bf16_weights(const Network& network, int threads) {
  return std::make_shared<const Bf16Weights>(network, threads);
}

std::vector<const Linear*> delta_layers(const Network& network) {
  std::vector<const Linear*> all;
  const auto add = [&](std::initializer_list<const Linear*> some) {
    for (const Linear* layer : some)
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

Trajectory base_trajectory(const Network& network, std::span<const Pair> examples) {
  Recorder recorder;
  loss_sums(network, {}, examples, recorder);
  return std::move(recorder).found();
}

namespace {

struct Widths {
  double model, inner, ff, hidden;  // hidden: what a feed-forward's input is multiplied to
};
Widths widths(const Config& c) {
  const auto ff = static_cast<double>(c.d_ff);
  return {.model = static_cast<double>(c.d_model),
          .inner = static_cast<double>(c.inner()),
          .ff = ff,
          .hidden = c.gated ? 2 * ff : ff};
}

}  // namespace

double narrow_values(const Config& config) {
  const Widths w = widths(config);
  const double attention = w.model * w.inner, ff = w.model * (w.hidden + w.ff);
  return static_cast<double>(config.encoder_layers) * (4 * attention + ff) +
         static_cast<double>(config.decoder_layers) * (6 * attention + ff);
}

double trajectory_bytes(const Config& config, double source_tokens, double target_tokens) {
  const Widths w = widths(config);
  const double self = w.model + 3 * w.inner + w.inner + w.model;  // inputs and outputs: qkv, o
  const double cross = w.model + w.inner + w.inner + w.model;     // q, o
  const double ff = w.model + w.hidden + w.ff + w.model;
  return sizeof(float) *
         (static_cast<double>(config.encoder_layers) * source_tokens * (self + ff) +
          static_cast<double>(config.decoder_layers) * target_tokens * (self + cross + ff));
}

}  // namespace lorahub::t5
