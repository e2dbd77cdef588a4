#include "lora/merge_into_base.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/check.hpp"
#include "checkpoint/weights.hpp"
#include "lora/write_model_files.hpp"
#include "model/families.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

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
  checkpoint::write_safetensors(folder / "model.safetensors", out);
  write_model_files(folder, base, type == at::kFloat ? "float32" : "bfloat16");
  return squares.added > 0 ? std::sqrt(squares.lost / squares.added) : 0;
}

}  // namespace lorahub::lora
