#include "train/checkpoint_files.hpp"

#include <string>

#include "base/files.hpp"

namespace lorahub::train {

namespace fs = std::filesystem;

std::vector<fs::path> checkpoint_files(const fs::path& out) {
  const std::string part = std::string(kCheckpointFile) + ".";
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(out)) {
    const std::string name = entry.path().filename().string();
    const bool is_part = name.starts_with(part) && name.ends_with(base::kTemporaryExtension);
    if (name == kCheckpointFile || is_part) files.push_back(entry.path());
  }
  return files;
}

void remove_checkpoint(const fs::path& out) {
  for (const fs::path& file : checkpoint_files(out)) fs::remove(file);
}

}  // namespace lorahub::train
