#include "store/result_files.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "store/paths.hpp"

namespace lorahub::store {

std::vector<std::filesystem::path> result_files(const std::filesystem::path& folder) {
  std::error_code error;
  base::check(std::filesystem::is_directory(folder, error),
              "{} is not a folder, give a results folder", folder.string());
  std::vector<std::filesystem::path> files;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (entry->path().extension() == kResultExtension) files.push_back(entry->path());
  base::check(!error, "{} can't be looked into ({}), see who may read it", folder.string(),
              error.message());
  base::check(!files.empty(),
              "{} holds no .h5 file (nothing has been run into it), run the study first",
              folder.string());
  std::ranges::sort(files);
  return files;
}

}  // namespace lorahub::store
