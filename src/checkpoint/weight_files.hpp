// Which files of a model folder hold its weights.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::checkpoint {

struct WeightFiles {
  std::filesystem::path index;               // empty for a single file
  std::vector<std::filesystem::path> files;  // shards in order of their names
};

// model.safetensors, else its index and shards, else pytorch_model.bin, else its index and shards;
// in a folder without config.json its one *.gguf. Error listing these when there is none, or naming
// the shard that is missing.
WeightFiles weight_files(const std::filesystem::path& folder);

// A text that changes when one of those files does (base::file_identity).
std::string identity(const std::filesystem::path& folder);

}  // namespace lorahub::checkpoint
