// Decoder-only networks that no training has made.
#pragma once
#include <optional>
#include <string>

#include "base/device.hpp"
#include "model/llama/network.hpp"

namespace lorahub::model::llama {

// A network of these sizes in f32 as training from scratch begins: the weights are normal with a
// deviation of one over the square root of their layer's input, which keeps activations at one size
// through the blocks.
Network initial_network(const LlamaConfig& config, uint64_t seed,
                        base::Device device = base::Device::cpu);

// Sizes of published models, for plans and measurements made where they have not been downloaded:
// "meta-llama/Llama-3.2-1B" or "llama-3.2-1b" (case does not matter). Nothing for another name.
std::optional<LlamaConfig> published(const std::string& name);

// A network of these sizes with uniform random weights at the scales of trained ones: unit
// activations behind each norm, logits of a few nats. On one machine, always the same.
Network random_network(const LlamaConfig& config, Placement placement);

}  // namespace lorahub::model::llama
