#include "train/trained_folders.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "checkpoint/weights.hpp"
#include "lora/peft.hpp"
#include "lora/write_model_files.hpp"

namespace lorahub::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPrefix = "base_model.model.";

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  base::check(!error, "{}: can't be made ({}), choose another folder", folder.string(),
              error.message());
}

}  // namespace

void write_ia3(const fs::path& folder, const Trainable& ia3, const Ia3Base& base,
               at::ScalarType stored) {
  checkpoint::Tensors tensors;
  for (const Parameter& p : ia3.parameters) tensors[kPrefix + p.name] = p.value.to(stored);
  std::vector<std::string> targets = base.words.ia3_outputs;
  targets.insert(targets.end(), base.words.ia3_inputs.begin(), base.words.ia3_inputs.end());
  const json config = {{"peft_type", "IA3"},
                       {"task_type", base.words.task_type},
                       {"base_model_name_or_path", base.name},
                       {"target_modules", targets},
                       {"feedforward_modules", base.words.ia3_inputs},
                       {"fan_in_fan_out", false},
                       {"inference_mode", true},
                       {"init_ia3_weights", true},
                       {"modules_to_save", nullptr}};
  make_folder(folder);
  checkpoint::write_safetensors(folder / lora::kWeightsFile, tensors);
  base::write_file(folder / lora::kConfigFile, base::json_text(config, 2) + "\n");
}

bool is_ia3(const fs::path& folder) {
  if (!fs::exists(folder / lora::kConfigFile)) return false;
  const json config =
      json::parse(base::read_json_object(folder / lora::kConfigFile, "copy the adapter again"));
  return config.value("peft_type", json()) == "IA3";
}

void read_ia3(const fs::path& folder, Trainable& ia3) {
  const checkpoint::Tensors tensors = checkpoint::read_safetensors(folder / lora::kWeightsFile);
  for (Parameter& p : ia3.parameters) {
    const auto found = tensors.find(kPrefix + p.name);
    base::check(found != tensors.end() && found->second.sizes() == p.value.sizes(),
                "{}: {}{} is missing or of another shape than the base model asks for (was it "
                "trained on another model, or on other layers than k, v and wo?), choose an "
                "adapter made for this base",
                folder.string(), kPrefix, p.name);
    p.value.copy_(found->second);
  }
  base::check(tensors.size() == ia3.parameters.size(),
              "{}: holds {} tensors where the base model has {} (leaving some out would change the "
              "numbers), use an adapter of k, v and wo alone",
              folder.string(), tensors.size(), ia3.parameters.size());
}

void write_model(const fs::path& folder, const Trainable& full, const fs::path& from,
                 at::ScalarType stored) {
  make_folder(folder);
  checkpoint::Tensors tensors;
  for (const Parameter& p : full.parameters) tensors[p.name] = p.value.to(stored);
  checkpoint::write_safetensors(folder / "model.safetensors", tensors);
  lora::write_model_files(folder, from, stored == at::kHalf ? "float16" : "float32");
}

}  // namespace lorahub::train
