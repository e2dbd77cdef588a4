#include "model/t5/initial.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/random.hpp"
#include "base/text.hpp"
#include "checkpoint/weights.hpp"

namespace lorahub::model::t5 {
namespace {

at::Tensor normal(at::IntArrayRef sizes, double spread, base::Stream stream) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  float* value = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    value[i] = static_cast<float>(spread * stream.normal());
  return values;
}

double spread(const std::string& layer, const T5Config& c) {
  const std::string part = layer.substr(layer.find_last_of('.') + 1);
  const auto d = static_cast<double>(c.d_model);
  if (part == "q") return 1 / std::sqrt(d * static_cast<double>(c.d_kv));
  if (part == "o") return 1 / std::sqrt(static_cast<double>(c.inner()));
  if (part == "wo") return 1 / std::sqrt(static_cast<double>(c.d_ff));
  return 1 / std::sqrt(d);
}

}  // namespace

Network initial_network(const T5Config& c, uint64_t seed) {
  checkpoint::Tensors all;
  const auto add = [&](const std::string& name, at::IntArrayRef sizes, double width) {
    all[name] = normal(sizes, width, base::Stream(seed, "base/" + name));
  };
  const double narrow = 1 / std::sqrt(static_cast<double>(c.d_model));
  add("shared.weight", {c.vocabulary, c.d_model}, 1);
  if (!c.scale_outputs) add("lm_head.weight", {c.vocabulary, c.d_model}, narrow);
  for (const LinearInfo& linear : linears(c))
    add(linear.name + ".weight", {linear.out, linear.in}, spread(linear.name, c));
  const auto stack = [&](const std::string& name, int64_t layers, int parts) {
    for (int64_t i = 0; i < layers; ++i)
      for (int part = 0; part < parts; ++part)
        all[base::format("{}.block.{}.layer.{}.layer_norm.weight", name, i, part)] =
            at::ones({c.d_model});
    all[name + ".final_layer_norm.weight"] = at::ones({c.d_model});
    add(name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        {c.buckets, c.heads}, narrow);
  };
  stack("encoder", c.encoder_layers, 2);
  stack("decoder", c.decoder_layers, 3);
  return build(c, all, {});
}

}  // namespace lorahub::model::t5
