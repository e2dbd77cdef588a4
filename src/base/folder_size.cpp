#include "base/folder_size.hpp"

#include <system_error>

namespace lorahub::base {

namespace fs = std::filesystem;

uint64_t folder_size(const fs::path& folder) {
  uint64_t sum = 0;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const uint64_t size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

}  // namespace lorahub::base
