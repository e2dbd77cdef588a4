// A library folder's index: what its adapters are, without opening them. One file, index.json,
// brought up to date when a file's size or time of change differs from what it says.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lora/module_card.hpp"

namespace lorahub::lora {

inline constexpr const char* kIndexFile = "index.json";

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

struct Index {
  std::vector<Indexed> modules;       // by name
  int read = 0;                       // how many were opened now: new or changed
  std::vector<std::string> left_out;  // a sentence for each folder that can't be looked into
};

// The index of `library`, brought up to date and written where the folder may be written to. Error
// when `library` is no folder.
Index read_index(const std::filesystem::path& library);

// The module of that name. Error naming the nearest one.
const Indexed& find(const Index& index, const std::string& name);

}  // namespace lorahub::lora
