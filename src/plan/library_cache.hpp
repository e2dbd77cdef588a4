// What is looked up in libraries while the trials of a study are checked. Each library is looked
// through once and each of its modules is found once, because a study may have 100,000 trials.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

struct ModuleFiles {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;  // configuration and weights
  bool has_card = false;
};

class LibraryCache {
 public:
  // The candidates of a trial, by name, as module_names(trial) has them.
  std::vector<std::string> module_names(const study::Trial& trial);

  // Error where the module is not there.
  const ModuleFiles& files(const std::string& library, const std::string& module);

 private:
  std::map<std::string, std::vector<std::string>> names_;             // by library
  std::map<std::pair<std::string, std::string>, ModuleFiles> files_;  // by library and module
};

}  // namespace lorahub::plan
