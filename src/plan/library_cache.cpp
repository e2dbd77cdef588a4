#include "plan/library_cache.hpp"

#include "lora/draw_modules.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "study/trial.hpp"

namespace lorahub::plan {

std::vector<std::string> LibraryCache::module_names(const study::Trial& trial) {
  auto found = names_.find(trial.library_path);
  if (found == names_.end())
    found = names_.emplace(trial.library_path, lora::module_names(trial.library_path)).first;
  return lora::draw_modules(found->second, trial.library_path, trial.modules, trial.seed.modules);
}

const ModuleFiles& LibraryCache::files(const std::string& library, const std::string& module) {
  const auto known = files_.find({library, module});
  if (known != files_.end()) return known->second;
  ModuleFiles found{.folder = lora::module_folder(library, module)};
  found.files = lora::module_files(found.folder);
  std::error_code unreadable;
  found.has_card = std::filesystem::exists(found.folder / lora::kCardFile, unreadable);
  return files_.emplace(std::pair(library, module), std::move(found)).first->second;
}

}  // namespace lorahub::plan
