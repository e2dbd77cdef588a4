// Writes what is trained as folders that PEFT and transformers load, and reads them back.
#pragma once
#include <filesystem>
#include <string>

#include "train/trainable.hpp"

namespace lorahub::train {

// A PEFT folder of (IA)^3 factors: adapter_config.json, adapter_model.safetensors (f32 or f16).
struct Ia3Base {
  const model::PeftWords& words;
  std::string name;  // as the adapter's configuration has it
};
void write_ia3(const std::filesystem::path& folder, const Trainable& ia3, const Ia3Base& base,
               at::ScalarType stored);
bool is_ia3(const std::filesystem::path& folder);
// Reads the factors of such a folder into `ia3`, as made by ia3(base). Error naming a factor that
// is missing, foreign or of another shape.
void read_ia3(const std::filesystem::path& folder, Trainable& ia3);

// A Hugging Face model: model.safetensors in f32 or f16; configuration and tokenizer files of
// `from`, with that dtype.
void write_model(const std::filesystem::path& folder, const Trainable& full,
                 const std::filesystem::path& from, at::ScalarType stored);

}  // namespace lorahub::train
