#include "model/delta/delta.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <map>
#include <vector>

#include "tensor/kernels.hpp"
#include "tensor/threads.hpp"

namespace lorahub::model::delta {
namespace {

class Recorder : public tensor::Products {
 public:
  explicit Recorder(Trajectory& found) : found_(found) {}
  at::Tensor product(const at::Tensor& x, const tensor::Linear& layer) const override {
    at::Tensor y = tensor::product(x, layer);
    found_.places[layer.slot] = {.x0 = x.contiguous(), .y0 = y.clone()};
    return y;
  }
  at::Tensor plus_product(at::Tensor sum, const at::Tensor& x,
                          const tensor::Linear& layer) const override {
    return sum.add_(product(x, layer));
  }

 private:
  Trajectory& found_;
};

class Bf16Weights : public NarrowWeights {
 public:
  Bf16Weights(const DeltaLayers& layers, int threads) {
    for (const tensor::Linear* layer : layers) by_slot_[layer->slot];
    tensor::share(threads, static_cast<int>(layers.size()), [&](int i) {
      const c10::InferenceMode inference;
      const tensor::Linear& layer = *layers[static_cast<size_t>(i)];
      by_slot_.at(layer.slot) = layer.weight.to(at::kBFloat16);
    });
  }
  const at::Tensor& of(int slot) const { return by_slot_.at(slot); }
  std::unique_ptr<tensor::Products> products(const Trajectory& centre) const override;

 private:
  std::map<int, at::Tensor> by_slot_;
};

class Bf16Products : public tensor::Products {
 public:
  Bf16Products(const Bf16Weights& weights, const Trajectory& centre)
      : weights_(weights), centre_(centre) {}

  at::Tensor product(const at::Tensor& x, const tensor::Linear& layer) const override {
    const at::Tensor& y0 = centre_.places.at(layer.slot).y0;
    if (!x.is_cpu()) return y0 + moved(x, layer);
    return tensor::add_to(y0.expand({x.size(0), -1, -1}).clone(at::MemoryFormat::Contiguous),
                          moved(x, layer));
  }
  at::Tensor plus_product(at::Tensor sum, const at::Tensor& x,
                          const tensor::Linear& layer) const override {
    sum.add_(centre_.places.at(layer.slot).y0);
    return tensor::add_to(std::move(sum), moved(x, layer));
  }

 private:
  // (x - x0) W^T. Layers that read the same share the difference.
  at::Tensor moved(const at::Tensor& x, const tensor::Linear& layer) const {
    RECORD_USER_SCOPE("linears");
    if (!last_input_.is_same(x)) {
      last_input_ = x;
      last_ = (x - centre_.places.at(layer.slot).x0).to(at::kBFloat16);
    }
    return tensor::separate_rows_product(last_, weights_.of(layer.slot));
  }

  const Bf16Weights& weights_;
  const Trajectory& centre_;
  mutable at::Tensor last_input_, last_;
};

std::unique_ptr<tensor::Products> Bf16Weights::products(const Trajectory& centre) const {
  return std::make_unique<Bf16Products>(*this, centre);
}

}  // namespace

std::shared_ptr<const NarrowWeights> bf16_weights(const DeltaLayers& layers, int threads) {
  return std::make_shared<const Bf16Weights>(layers, threads);
}

Trajectory trajectory(const std::function<void(const tensor::Products& by)>& pass) {
  Trajectory found;
  pass(Recorder(found));
  return found;
}

}  // namespace lorahub::model::delta
