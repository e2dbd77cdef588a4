#include "model/t5/sizes.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "model/t5/tensor_names.hpp"

namespace lorahub::model::t5 {

double half_width(const std::string& name, const T5Config& c) {
  const std::string stem = name.substr(0, name.rfind('.'));
  const std::string kind = stem.substr(stem.rfind('.') + 1);
  const auto d = static_cast<double>(c.d_model);
  if (kind == "layer_norm" || kind == "final_layer_norm") return 0.1;
  if (kind == "relative_attention_bias") return 1.0;
  if (kind == "shared") return std::sqrt(3.0);
  if (kind == "lm_head") return 3.0 * std::sqrt(3.0 / d);
  if (kind == "q") return std::sqrt(3.0 / (d * static_cast<double>(c.d_kv)));
  if (kind == "o") return std::sqrt(3.0 / static_cast<double>(c.inner()));
  if (kind == "wo") return std::sqrt(3.0 / static_cast<double>(c.d_ff));
  return std::sqrt(3.0 / d);
}

std::optional<T5Config> published(const std::string& name) {
  struct Size {
    const char* suffix;
    int64_t d_model, d_ff, heads, layers;
  };
  for (const Size& s : {Size{"small", 512, 1024, 6, 8}, Size{"base", 768, 2048, 12, 12},
                        Size{"large", 1024, 2816, 16, 24}, Size{"xl", 2048, 5120, 32, 24},
                        Size{"xxl", 4096, 10240, 64, 24}}) {
    const std::string known = std::string("flan-t5-") + s.suffix;
    if (name == known || name == "google/" + known)
      return T5Config{.d_model = s.d_model,
                      .d_kv = 64,
                      .d_ff = s.d_ff,
                      .heads = s.heads,
                      .encoder_layers = s.layers,
                      .decoder_layers = s.layers,
                      .vocabulary = 32128,
                      .gated = true,
                      .gelu = true};
  }
  return std::nullopt;
}

std::map<std::string, std::vector<int64_t>> tensor_shapes(const T5Config& c) {
  const std::vector<int64_t> embedding{c.vocabulary, c.d_model};
  std::map<std::string, std::vector<int64_t>> all{{kShared, embedding}, {kHeadWeight, embedding}};
  Network network = empty_network(c);
  for (const NamedTensor& named : stack_tensors(network)) all[named.name] = named.shape;
  return all;
}

Network random_network(const T5Config& config, Placement placement) {
  at::Generator generator = at::detail::createCPUGenerator(1);
  std::map<std::string, at::Tensor> weights;
  for (const auto& [name, shape] : tensor_shapes(config)) {
    const double center = name.ends_with("layer_norm.weight") ? 1 : 0;
    const double width = half_width(name, config);
    weights[name] =
        at::empty(shape, at::kFloat).uniform_(center - width, center + width, generator);
  }
  Network network = build(config, weights, placement);
  transpose_weights(network, "");
  return network;
}

}  // namespace lorahub::model::t5
