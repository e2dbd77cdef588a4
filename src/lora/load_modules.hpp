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
// Modules by name.
using Modules = std::map<std::string, Module>;
// Reads the modules of the choice. One that `kept` has is taken from there, unless its file was
// replaced since; `kept` must be of the same library, model and rank. Afterwards `kept` holds the
// modules of this choice alone.
std::vector<Module> load_modules(const LibraryChoice& choice, const model::Architecture& base,
                                 Modules& kept);
// Reads those modules of the choice that can be read and fit the base; `left_out` gets a sentence
// for each other module.
std::vector<Module> load_fitting(const LibraryChoice& choice, const model::Architecture& base,
                                 std::vector<std::string>& left_out);

}  // namespace lorahub::lora
