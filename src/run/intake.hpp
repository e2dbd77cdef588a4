// Adapters on their way into a library, checked there, and out of it again.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lora/index.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

// Those of these names; no names: all. Error for a name that is not there.
std::vector<lora::Indexed> chosen(const lora::Index& index, const std::vector<std::string>& names);

struct ModuleVerdict {
  std::string text;  // a sentence
  bool good = false;
};
struct Verification {
  std::filesystem::path library;
  std::vector<lora::Indexed> modules;
  std::string base;  // of all of them; "": as each says
};
// Bytes, shapes, tokens and self-tests of the modules, each on its base. `load` gives a model by
// its name (one is kept at a time); `say` hears of each in turn. Whether all are good.
bool verify_modules(const Verification& what,
                    const std::function<objective::LoadedModel(const std::string& base)>& load,
                    const std::function<void(const lora::Indexed&, const ModuleVerdict&)>& say);

struct AddOptions {
  std::filesystem::path folder, library;
  std::string name;   // in the library; "": the folder's
  std::string base;   // as the card says it where the adapter does not
  std::string tests;  // JSON lines, of which the first inputs become self-tests; "": none
  lora::Card card;    // what is not empty counts before the adapter's own card
};
struct AddedModule {
  std::filesystem::path folder;
  int64_t rank = 0;
  size_t layers = 0, tests = 0;
};
// Copies an adapter into a library, with a card and self-tests. Error, and nothing is written, for
// an adapter that does not fit the model that `load` gives, for links out of its folder, and where
// the name is taken.
AddedModule add_module(const AddOptions& options,
                       const std::function<objective::LoadedModel()>& load);

// Deletes a module's folder. Error for a name that is no module's.
void remove_module(const std::filesystem::path& library, const std::string& name);

}  // namespace lorahub::run
