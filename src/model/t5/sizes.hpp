// Sizes of the published models, for plans and measurements made where they have not been
// downloaded.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

// "google/flan-t5-large" or "flan-t5-large"; small to xxl. Nothing for another name.
std::optional<T5Config> published(const std::string& name);

// The shapes of a network's tensors by their names in Hugging Face files, with a head of its own.
std::map<std::string, std::vector<int64_t>> tensor_shapes(const T5Config& config);

// Half the width of the uniform distribution that random weights of this tensor come from: sqrt(3)
// times the deviation. Around 1 for norms, else around 0.
double half_width(const std::string& name, const T5Config& config);

// A network of these sizes with uniform random weights at the scales of trained ones: unit
// activations after each norm, logits of a few nats. On one machine, always the same.
Network random_network(const T5Config& config, Placement placement);

}  // namespace lorahub::model::t5
