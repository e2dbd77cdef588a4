// What a library's index says of one adapter, so that nobody has to open it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lora/module_card.hpp"

namespace lorahub::lora {

struct Indexed {
  std::string name;  // its folder's name
  std::string base;  // base_model_name_or_path
  int64_t rank = 0;
  double alpha = 0;
  std::vector<std::string> targets;  // target_modules as written
  uint64_t bytes = 0;                // of the weights file
  std::string sha256;                // hash_module()
  ModuleCard card;
  std::string problem;  // why it can't be read; "" when it can
  std::string stamp;    // sizes and times of its files when it was read
};

// Size and time of the last change of each file that an Indexed is read from. "" where the folder
// holds no adapter (any more); `problem`, where it is not null, then says why it can't be looked
// into, if that is so.
std::string stamp_of(const std::filesystem::path& folder, std::string* problem = nullptr);

// Opens the adapter, hashes its files and reads its card; `stamp`: of stamp_of(), taken before.
Indexed read_indexed(const std::filesystem::path& folder, const std::string& stamp);

// All but name and stamp as JSON, and back; fields of another type count as empty. Error for a text
// that is no object.
std::string json_of(const Indexed& entry);
Indexed indexed_of(const std::string& json);

}  // namespace lorahub::lora
