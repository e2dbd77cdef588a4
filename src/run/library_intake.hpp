// Adapters on their way into a library, checked there, and out of it again.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lora/index.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

// "3 self-tests, of which 1 holds another answer than its target": such a test shows that the
// module answers as it did, and not that it answers well.
std::string describe(const std::vector<lora::SelfTest>& tests);

struct ModuleVerdict {
  std::string text;  // a sentence
  bool good = false;
};
struct Verification {
  std::filesystem::path library;
  std::vector<lora::Indexed> modules;
  std::string base;  // the base model of all modules; "": the one that each module names
};
// Checks bytes, shapes, tokens and self-tests of the modules, each on its base model. `load` loads
// a model by its name (one is kept at a time); `say` is called with each verdict in turn. Returns
// whether all modules are good.
bool verify_modules(const Verification& what,
                    const std::function<objective::LoadedModel(const std::string& base)>& load,
                    const std::function<void(const lora::Indexed&, const ModuleVerdict&)>& say);

struct AddOptions {
  std::filesystem::path folder, library;
  std::string name;       // in the library; "": the folder's
  std::string base;       // the base model, for an adapter that does not name it
  std::string tests;      // JSON lines, of which the first inputs become self-tests; "": none
  lora::ModuleCard card;  // fields that are not empty replace those of the adapter's own card
};
struct AddedModule {
  std::filesystem::path folder;
  int64_t rank = 0;
  size_t layers = 0;
  std::vector<lora::SelfTest> tests;
};
// Copies an adapter into a library, with a card and self-tests. Error, and nothing is written, for
// an adapter that does not fit the model that `load` gives, for links out of its folder, and where
// the name is taken.
AddedModule add_module(const AddOptions& options,
                       const std::function<objective::LoadedModel()>& load);

// Deletes a module's folder. Error for a name that is no module's.
void remove_module(const std::filesystem::path& library, const std::string& name);

}  // namespace lorahub::run
