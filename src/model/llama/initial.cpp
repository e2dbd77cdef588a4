#include "model/llama/initial.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace lorahub::model::llama {
namespace {

// One over the square root of a weight's input.
double unit_scale(const std::vector<int64_t>& shape) {
  return 1 / std::sqrt(static_cast<double>(shape.back()));
}

at::Tensor normal_values(const std::vector<int64_t>& shape, base::Stream stream) {
  at::Tensor values = at::empty(shape, at::kFloat);
  const double spread = unit_scale(shape);
  float* value = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    value[i] = static_cast<float>(spread * stream.normal());
  return values;
}

// All tensors of a network by name and shape, embedding and head first.
std::vector<std::pair<std::string, std::vector<int64_t>>> all_shapes(const LlamaConfig& config) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> all{
      {kEmbedding, {config.vocabulary, config.d_model}}};
  if (!config.tied) all.push_back({kHeadWeight, {config.vocabulary, config.d_model}});
  Network network = empty_network(config);
  for (const NamedTensor& each : block_tensors(network)) all.emplace_back(each.name, each.shape);
  return all;
}

bool is_bias(const std::string& name) { return name.ends_with(".bias"); }

}  // namespace

Network initial_network(const LlamaConfig& config, uint64_t seed, base::Device device) {
  checkpoint::Tensors all;
  for (const auto& [name, shape] : all_shapes(config)) {
    if (shape.size() == 1) {
      all[name] = is_bias(name) ? at::zeros(shape) : at::ones(shape);
    } else {
      all[name] = normal_values(shape, base::Stream(seed, "base/" + name));
    }
  }
  return build(config, all, {.device = device});
}

std::optional<LlamaConfig> published(const std::string& name) {
  std::string key = name.substr(name.find('/') == std::string::npos ? 0 : name.find('/') + 1);
  std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::tolower(c); });
  LlamaConfig config;
  if (key == "smollm2-135m" || key == "smollm2-135m-instruct") {
    config = {.type = "llama",
              .d_model = 576,
              .d_ff = 1536,
              .layers = 30,
              .heads = 9,
              .kv_heads = 3,
              .head_dim = 64,
              .vocabulary = 49152,
              .most_positions = 8192,
              .epsilon = 1e-5,
              .tied = true,
              .rope = {.theta = 100000},
              .ends = {2}};
  } else if (key == "llama-3.2-1b" || key == "llama-3.2-1b-instruct") {
    config = {.type = "llama",
              .d_model = 2048,
              .d_ff = 8192,
              .layers = 16,
              .heads = 32,
              .kv_heads = 8,
              .head_dim = 64,
              .vocabulary = 128256,
              .most_positions = 131072,
              .epsilon = 1e-5,
              .tied = true,
              .rope = {.kind = Rope::Kind::llama3,
                       .theta = 500000,
                       .factor = 32,
                       .original_length = 8192},
              .ends = {128001}};
  } else if (key == "qwen2.5-7b" || key == "qwen2.5-7b-instruct") {
    config = {.type = "qwen2",
              .d_model = 3584,
              .d_ff = 18944,
              .layers = 28,
              .heads = 28,
              .kv_heads = 4,
              .head_dim = 128,
              .vocabulary = 152064,
              .most_positions = 32768,
              .epsilon = 1e-6,
              .qkv_bias = true,
              .rope = {.theta = 1000000},
              .ends = {151643}};
  } else {
    return std::nullopt;
  }
  config.windows.assign(static_cast<size_t>(config.layers), 0);
  return config;
}

Network random_network(const LlamaConfig& config, Placement placement) {
  at::Generator generator = at::detail::createCPUGenerator(1);
  checkpoint::Tensors weights;
  for (const auto& [name, shape] : all_shapes(config)) {
    const bool norm = shape.size() == 1 && !is_bias(name);
    const double center = norm ? 1 : 0;
    const double width = shape.size() == 1 ? 0.1 : std::sqrt(3.0) * unit_scale(shape);
    weights[name] = at::empty(shape, at::TensorOptions(placement.dtype))
                        .uniform_(center - width, center + width, generator);
  }
  Network network = build(config, weights, placement);
  transpose_weights(network, "");
  return network;
}

}  // namespace lorahub::model::llama
