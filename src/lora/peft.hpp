// The names of files in a PEFT adapter folder.
#pragma once
#include <filesystem>

namespace lorahub::lora {

inline constexpr const char* kConfigFile = "adapter_config.json";
inline constexpr const char* kWeightsFile = "adapter_model.safetensors";
inline constexpr const char* kCardFile = "README.md";

// adapter_model.safetensors, or adapter_model.bin where that is all there is. Error when there is
// neither.
std::filesystem::path weights_file(const std::filesystem::path& folder);

}  // namespace lorahub::lora
