// Names in a library's folder that are its own: a module of such a name would be read as the list
// of all others, or taken away as unfinished.
#pragma once
#include <string>

#include "lora/index_file.hpp"

namespace lorahub::lora {

inline constexpr const char* kListFile = "modules.txt";
inline constexpr const char* kWorkFolder = ".unfinished";  // of what is being added or removed

inline bool is_reserved_name(const std::string& name) {
  return name == kListFile || name == kIndexFile || name == kWorkFolder;
}

}  // namespace lorahub::lora
