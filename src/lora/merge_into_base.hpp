// Writes an adapter into the weights of its base, as a whole Hugging Face model.
#pragma once
#include <filesystem>

#include "lora/library.hpp"

namespace lorahub::lora {

// Copies configuration and tokenizer of the model in `base`, writes model.safetensors with W +
// alpha/r B A (summed in f64) as `type`, kFloat or kBFloat16. Returns how much of what the module
// adds is lost by rounding to `type`: |round(W + D) - (W + D)| / |D| over all its places. Error for
// an adapter of a head that is tied to the embedding, and where `folder` is the base's own.
double write_merged(const std::filesystem::path& folder, const Module& module,
                    const std::filesystem::path& base, at::ScalarType type);

}  // namespace lorahub::lora
