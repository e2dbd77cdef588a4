// What adapter_config.json of a PEFT LoRA adapter says, as PEFT 0.21 reads it.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/architecture.hpp"

namespace lorahub::lora {

struct AdapterConfig {
  struct RankAndScaling {
    int64_t rank = 0;
    double scaling = 0;  // alpha/r, or alpha/sqrt(r) with use_rslora
  };
  int64_t rank = 0;  // r and lora_alpha as written
  double alpha = 0;
  std::map<int, RankAndScaling> places;  // by slot: the layers that target_modules and its kin name
  std::string base;                      // base_model_name_or_path, "" where it is not said
  std::vector<std::string> targets;      // as written; one for a regular expression
  std::vector<std::string> saved;        // modules_to_save: whole layers beside the factors
  bool is_dora = false;  // use_dora: the adapter has a length for each output, too (dora.hpp)
};

// Supported: use_rslora, rank_pattern, alpha_pattern, exclude_modules, layers_to_transform and any
// linear layer; and bias and modules_to_save, where what the weights hold of them is the base's
// own (base_weights.hpp). Regular expressions are Python's: python_regex.hpp. Refused by name: what
// changes the numbers in another way (DoRA, ...), what changes the base's own weights
// (init_lora_weights pissa, olora, ...), and every setting that is in use and not known here.
AdapterConfig read_adapter_config(const std::filesystem::path& folder, const std::string& name,
                                  const model::Architecture& architecture);

// The last parts of the layers' names, for messages: "down_proj, gate_proj, k_proj".
std::string layer_words(const std::vector<model::LinearInfo>& linears);

}  // namespace lorahub::lora
