// Names in a library's folder that are those of its own files: a module of such a name would be
// read as the list of all others.
#pragma once
#include <string>

#include "lora/index_file.hpp"

namespace lorahub::lora {

inline constexpr const char* kListFile = "modules.txt";

inline bool is_reserved_name(const std::string& name) {
  return name == kListFile || name == kIndexFile;
}

}  // namespace lorahub::lora
