#include "model/t5/initial.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/random.hpp"
#include "checkpoint/weights.hpp"
#include "model/t5/tensor_names.hpp"

namespace lorahub::model::t5 {
namespace {

at::Tensor normal(at::IntArrayRef sizes, double spread, base::Stream stream) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  float* value = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    value[i] = static_cast<float>(spread * stream.normal());
  return values;
}

// `name` is that of a layer's weight: "encoder.block.0.layer.0.SelfAttention.q.weight".
double spread(const std::string& name, const T5Config& c) {
  const std::string layer = name.substr(0, name.find_last_of('.'));
  const std::string part = layer.substr(layer.find_last_of('.') + 1);
  const auto d = static_cast<double>(c.d_model);
  if (part == "q") return 1 / std::sqrt(d * static_cast<double>(c.d_kv));
  if (part == "o") return 1 / std::sqrt(static_cast<double>(c.inner()));
  if (part == "wo") return 1 / std::sqrt(static_cast<double>(c.d_ff));
  return 1 / std::sqrt(d);
}

}  // namespace

Network initial_network(const T5Config& c, uint64_t seed, base::Device device) {
  checkpoint::Tensors all;
  const auto add = [&](const std::string& name, at::IntArrayRef sizes, double width) {
    all[name] = normal(sizes, width, base::Stream(seed, "base/" + name));
  };
  const double narrow = 1 / std::sqrt(static_cast<double>(c.d_model));
  add(kShared, {c.vocabulary, c.d_model}, 1);
  add(kHeadWeight, {c.vocabulary, c.d_model}, narrow);
  Network network = empty_network(c);
  for (const NamedTensor& named : stack_tensors(network)) {
    if (named.linear != nullptr)
      add(named.name, named.shape, spread(named.name, c));
    else if (named.shape.size() == 1)  // a norm
      all[named.name] = at::ones(named.shape);
    else
      add(named.name, named.shape, narrow);
  }
  return build(c, all, {.device = device});
}

}  // namespace lorahub::model::t5
