// All modules of a library, as their files are now.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "lora/library_index.hpp"

namespace lorahub::lora {

struct Index {
  std::vector<Indexed> modules;       // by name
  int read = 0;                       // how many were opened now: new or changed
  std::vector<std::string> left_out;  // a sentence for each folder that can't be looked into
};

// Looks at all modules of `library` and brings its index file up to date where the folder may be
// written to. Error when `library` is no folder.
Index read_index(const std::filesystem::path& library, const IndexProgress& say = {});

// The module of that name. Error naming the nearest one.
const Indexed& find(const Index& index, const std::string& name);

// Error naming the nearest module where the library has none of that name.
void check_is_there(const std::filesystem::path& library, const std::string& name);

// One module, the only one that is looked at. Error as above.
Indexed read_entry(const std::filesystem::path& library, const std::string& name);

}  // namespace lorahub::lora
