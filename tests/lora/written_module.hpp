// A module that was written, whose files a test then spoils.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/weights.hpp"
#include "lora/peft.hpp"
#include "made.hpp"

namespace lorahub::lora {

inline const std::string kFirst =
    "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight";
inline const std::string kOther =
    "base_model.model.encoder.block.0.layer.0.SelfAttention.k.lora_A.weight";

struct WrittenModule {
  Scratch scratch;
  std::filesystem::path path = scratch.path / "m";
  Module module = made("m", tiny());
  WrittenModule() { write_module(path, module, tiny(), "base"); }

  void config(const nlohmann::json& change) const {
    nlohmann::json config = nlohmann::json::parse(base::read_file(path / kConfigFile));
    config.update(change);
    base::write_file(path / kConfigFile, config.dump());
  }
  template <class Change>
  void tensors(Change change) const {
    checkpoint::Tensors tensors;
    for (const auto& [key, tensor] : checkpoint::read_safetensors(path / kWeightsFile))
      tensors[key] = tensor.clone();
    change(tensors);
    checkpoint::write_safetensors(path / kWeightsFile, tensors);
  }
  Module read() const { return read_module(path, "m", tiny()); }
  std::string error() const {
    return error_of([&] { read(); });
  }
};

}  // namespace lorahub::lora
