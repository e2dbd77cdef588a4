// What is trained as folders that PEFT and transformers load, and back.
#pragma once
#include <filesystem>
#include <string>

#include "train/trainable.hpp"

namespace lorahub::train {

// A PEFT folder of (IA)^3 factors: adapter_config.json, adapter_model.safetensors (f32 or f16).
void write_ia3(const std::filesystem::path& folder, const Trainable& ia3,
               const std::string& base_name, at::ScalarType stored);
bool is_ia3(const std::filesystem::path& folder);
// Into the parameters of ia3(base). Error naming a factor that is missing, foreign or of another
// shape.
void read_ia3(const std::filesystem::path& folder, Trainable& ia3);

// A Hugging Face model: model.safetensors in f32 or f16; configuration and tokenizer files of
// `from`, with that dtype.
void write_model(const std::filesystem::path& folder, const Trainable& full,
                 const std::filesystem::path& from, at::ScalarType stored);

// A T5 of these sizes from scratch, f32: normal values of transformers' spreads, but an untied head
// of d_model^-0.5 as in T5X (transformers' 1 starts at losses of hundreds of nats).
model::t5::Network fresh_network(const model::t5::Config& config, uint64_t seed);

}  // namespace lorahub::train
