// The base model of an adapter, and the whole tensors of it that PEFT saves beside an adapter.
#pragma once
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "checkpoint/weights.hpp"
#include "lora/library.hpp"
#include "model/architecture.hpp"

namespace lorahub::lora {

// A base model by its architecture and the tensors of its files, which are read when they are first
// asked for. Calls from several threads at once are fine.
class BaseWeights {
 public:
  // `folder`: of the model; "" where there are no files to compare with. The architecture must
  // outlive this.
  explicit BaseWeights(const model::Architecture& architecture, std::filesystem::path folder = {});
  const model::Architecture& architecture() const { return architecture_; }
  bool has_files() const { return !folder_.empty(); }
  // By names without wrappers (checkpoint/name_wrappers.hpp).
  const checkpoint::Tensors& tensors() const;

 private:
  const model::Architecture& architecture_;
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable std::optional<checkpoint::Tensors> tensors_;
};

std::string shape_text(at::IntArrayRef sizes);  // "[4, 12]"

// A tensor of an adapter's file that is no factor.
struct WholeTensor {
  const std::string& module;  // whose it is
  const std::string& name;    // as the file has it
  const at::Tensor& values;
};

// The name that the base model has for such a tensor: without wrappers, and without what PEFT puts
// around a layer that it saves whole, trains or adapts.
std::string name_in_base(const std::string& name);

// A mixture changes no tensor of the base model, so such a tensor must be the base model's own:
// modules_to_save, embeddings and heads that were saved with the adapter, biases. It is the same
// where all values are equal, or equal once the base model's are rounded to its narrower type.
// Error saying how many values differ, and by how much, or what else the tensor is.
void check_is_of_base(const WholeTensor& whole, const BaseWeights& base);

// Reads an adapter as read_module() of library.hpp does, which has no files of the base at hand and
// so refuses every such tensor.
Module read_module(const std::filesystem::path& folder, const std::string& name,
                   const BaseWeights& base);

}  // namespace lorahub::lora
