// An adapter of a stranger on its way into a library: our own readers read it, it is written
// afresh from what they understood, and it is listed whole or not at all.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lora/module_card.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

// The files that are taken: configuration, weights in either format, card, record of the training.
const std::vector<std::string>& taken_files();
inline constexpr const char* kPickledWeights = "adapter_model.bin";

struct OfferedBase {
  std::string name;  // for others
  std::string path;  // a folder or a published name
};

struct ReceivedModule {
  std::filesystem::path folder;         // its files as they came
  std::string name;                     // in the library
  std::vector<OfferedBase> bases;       // it must fit the one that it names, or the only one
  lora::ModuleCard card = {};           // fields that are not empty replace those of its own card
  std::vector<std::string> tests = {};  // inputs that become self-tests, with the answers that the
                                        // module gives when it is received
};

struct RewrittenModule {
  int64_t rank = 0;
  size_t layers = 0;
  std::vector<lora::SelfTest> tests;  // passed
};

// Writes the adapter into the folder `to` as PEFT reads it: safetensors, a configuration that says
// what was understood and nothing else, and its card. `load` loads a base by its path, where
// self-tests have to be answered. Error for an adapter that can't be read (a pickle that calls
// something, say), does not fit its base, holds NaN or fails a self-test of its card.
RewrittenModule rewrite_module(
    const ReceivedModule& received, const std::filesystem::path& to,
    const std::function<objective::LoadedModel(const std::string& base)>& load);

// Makes the folder, which must lie on the library's file system, the library's module of that name.
// It takes the place of an earlier module of that name in one step, so that a reader of the library
// finds either the one or the other. The earlier one is deleted; a process that has mapped its
// files goes on reading them.
void list_module(const std::filesystem::path& folder, const std::filesystem::path& library,
                 const std::string& name);

}  // namespace lorahub::run
