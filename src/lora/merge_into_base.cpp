#include "lora/merge_into_base.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "checkpoint/hub.hpp"
#include "checkpoint/weights.hpp"
#include "model/families.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

void copy_beside(const fs::path& base, const fs::path& folder) {
  std::vector<std::string> names = text::tokenizer_files(base);
  if (fs::exists(base / "generation_config.json")) names.emplace_back("generation_config.json");
  for (const std::string& name : names) {
    checkpoint::check_own_file(base / name);
    base::write_file(folder / name, base::read_file(base / name));
  }
}

void write_config(const fs::path& base, const fs::path& folder, at::ScalarType type) {
  auto config = nlohmann::ordered_json::parse(
      base::read_json_object(base / "config.json", "copy the model folder again"));
  config.erase("dtype");  // transformers 5 writes this name and reads both
  config["torch_dtype"] = type == at::kFloat ? "float32" : "bfloat16";
  base::write_file(folder / "config.json", base::json_text(config, 2) + "\n");
}

// Sums of squares of what is added to the weights, and of what rounding takes away again.
struct Squares {
  double added = 0, lost = 0;
};

at::Tensor merged(const at::Tensor& weight, const at::Tensor& added, at::ScalarType type,
                  Squares& squares) {
  const at::Tensor sum = weight.to(at::kDouble) + added;
  at::Tensor rounded = sum.to(type);
  squares.added += added.square().sum().item<double>();
  squares.lost += (rounded.to(at::kDouble) - sum).square().sum().item<double>();
  return rounded;
}

}  // namespace

double write_merged(const fs::path& folder, const Module& module, const fs::path& base,
                    at::ScalarType type) {
  std::error_code none;
  base::check(!fs::equivalent(folder, base, none),
              "{}: is the base model itself (it would be overwritten), choose another folder",
              folder.string());
  checkpoint::check_can_be_copied(base);
  const auto architecture = model::read_architecture(base);
  const checkpoint::Tensors tensors = checkpoint::read_model_weights(base);
  checkpoint::Tensors out;
  for (const auto& [name, tensor] : tensors)
    out[name] = at::isFloatingType(tensor.scalar_type()) ? tensor.to(type) : tensor;
  Squares squares;
  for (const auto& [slot, factors] : module.slots) {
    const std::string& layer = architecture->linears().at(static_cast<size_t>(slot)).name;
    base::check(layer != model::kHead || !architecture->has_tied_head(tensors),
                "the adapter changes the head, which this model shares with its embedding (merging "
                "would change both), write an adapter instead");
    const auto found = tensors.find(layer + ".weight");
    base::check(found != tensors.end(), "{}: tensor {}.weight is missing, copy the model again",
                base.string(), layer);
    const at::Tensor added = factors.b.to(at::kCPU, at::kDouble)
                                 .matmul(factors.a.to(at::kCPU, at::kDouble))
                                 .mul(module.scaling(slot));
    out[found->first] = merged(found->second, added, type, squares);
  }
  copy_beside(base, folder);
  checkpoint::write_safetensors(folder / "model.safetensors", out);
  write_config(base, folder, type);
  return squares.added > 0 ? std::sqrt(squares.lost / squares.added) : 0;
}

}  // namespace lorahub::lora
