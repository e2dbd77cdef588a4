// The modules of a library, read by several threads, at the rank that is asked for.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "lora/library.hpp"
#include "model/architecture.hpp"

namespace lorahub::lora {

struct LibraryChoice {
  std::string model;               // tokenizer files beside a module must hold its tokens
  std::string library;             // a folder, or a file of published names
  std::vector<std::string> names;  // of the modules, in order
  int rank = 0;                    // 0: as they are; else truncated to it
  int threads = 1;                 // to read with
};
// Reads modules; `kept` holds those already read from this library and rank, by name, and then
// these alone; one whose file was replaced is read again.
using Modules = std::map<std::string, Module>;
std::vector<Module> load_modules(const LibraryChoice& choice, const model::Architecture& base,
                                 Modules& kept);
// Those that can be read and fit the base; `left_out` gets a sentence for each other one.
std::vector<Module> load_fitting(const LibraryChoice& choice, const model::Architecture& base,
                                 std::vector<std::string>& left_out);

}  // namespace lorahub::lora
