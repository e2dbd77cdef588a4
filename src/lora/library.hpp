// A library: a folder of PEFT LoRA adapters, one folder each, all for one base model.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/mapped.hpp"
#include "model/architecture.hpp"

namespace lorahub::lora {

// One adapter. Factors by slot (model::Architecture::linears), as the file has them: a [r, in], b
// [out, r].
struct Factors {
  at::Tensor a, b;
};
struct Module {
  std::string name;  // its folder's name
  int64_t rank = 0;  // the largest of its places (rank_pattern: some are smaller)
  double alpha = 0;
  double scaling() const { return alpha / static_cast<double>(rank); }
  int64_t truncated_from = 0;  // the rank it was cut from by SVD; 0: as trained
  std::map<int, Factors> slots;
  std::map<int, double> own_scaling;  // of slots whose scaling is not scaling() (alpha_pattern)
  std::string
      origin;  // what decides the values of the factors: the identity of their file and what
               // was done to them; empty: made in this process, not to be shared with others
  checkpoint::Mapped file = nullptr;  // where the factors of a file are, unless they were copied
  double scaling(int slot) const {
    const auto own = own_scaling.find(slot);
    return own == own_scaling.end() ? scaling() : own->second;
  }
};

// Names of the adapter folders in a library: the order of its `modules.txt` where there is one (a
// name a line, a Hugging Face prefix allowed: "lorahub/flan_t5_large-x"), else sorted. Error when
// there is none.
std::vector<std::string> module_names(const std::filesystem::path& library);

// The names of all that may be folders in `library`, links among them, in any order. Error where it
// can't be looked into.
std::vector<std::string> subfolders(const std::filesystem::path& library);

// The folders of `library` that hold an adapter, by name. `left_out`: a sentence for each entry
// that may not be looked into (lost+found), where it is not null; module_names says them on stderr,
// once.
std::vector<std::string> adapter_folders(const std::filesystem::path& library,
                                         std::vector<std::string>* left_out);

// Where a module's folder is: in the library, or in the Hugging Face cache under its published
// name.
std::filesystem::path module_folder(const std::filesystem::path& library, const std::string& name);

// Reads adapter_config.json and adapter_model.safetensors or .bin and checks it against the base:
// rank, targets, shapes, finite values. Error names the module, the tensor and both shapes. What is
// supported and what is refused by name: adapter_config.hpp; adapters of embeddings are refused.
Module read_module(const std::filesystem::path& folder, const std::string& name,
                   const model::Architecture& base);

// Writes a PEFT folder that PEFT loads: adapter_config.json, adapter_model.safetensors (f32;
// f16 where the factors are).
void write_module(const std::filesystem::path& folder, const Module& module,
                  const model::Architecture& base, const std::string& base_name);

// A module's configuration and weights file; and the SHA-256 of the bytes of both.
std::vector<std::filesystem::path> module_files(const std::filesystem::path& folder);
std::string hash_module(const std::filesystem::path& folder);

}  // namespace lorahub::lora
