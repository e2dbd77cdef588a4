// An adapter written into the weights of its base: a whole Hugging Face model.
#pragma once
#include <filesystem>

#include "lora/library.hpp"

namespace lorahub::lora {

// Copies configuration and tokenizer of the model in `base`, writes model.safetensors with
// W + alpha/r B A (summed in f64) as `type`, kFloat or kBFloat16. Gives the part of what the module
// adds that rounding to `type` loses: |round(W + D) - (W + D)| / |D| over all its places. Error for
// an adapter of a head that is tied to the embedding, and where `folder` is the base's own.
double write_merged(const std::filesystem::path& folder, const Module& module,
                    const std::filesystem::path& base, at::ScalarType type);

}  // namespace lorahub::lora
