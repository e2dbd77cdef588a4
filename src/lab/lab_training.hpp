// A training of a lab: the recipe's settings, with the lab's own files.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "train/train_one.hpp"

namespace lorahub::lab {

struct LabTraining {
  std::string base_name;  // of the model, for the card and for readers of an adapter
  std::string model;      // its folder, or its name in the Hugging Face cache
  std::filesystem::path data, out;
  uint64_t seed = 1;
};

train::TrainingConfig training_config(const study::Value& settings, const LabTraining& training,
                                      std::vector<study::Setting> more);

// What a module's training is told besides the recipe's settings: rank, alpha, rows of its card.
std::vector<study::Setting> module_settings(int rank, const std::filesystem::path& card_rows);

// The seed of a module's start: another for each module, the same for all ranks of it.
uint64_t module_seed(uint64_t seed, const std::string& module);

// A part of the modules stage, "r16/find_letter".
struct ModulePart {
  int rank = 0;
  std::string module;
};
ModulePart module_part(const std::string& part);
std::vector<std::string> module_parts(const std::vector<int>& ranks,
                                      const std::vector<std::string>& modules);

// "trained", or "is there" where it was done before.
std::string trained(const train::TrainingConfig& config, const train::TrainingResources& resources);

std::string quoted(const std::string& text);  // as a YAML scalar

}  // namespace lorahub::lab
