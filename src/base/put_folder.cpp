#include "base/put_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/check.hpp"
#include "base/descriptor.hpp"
#include "base/fault.hpp"

namespace lorahub::base {

namespace fs = std::filesystem;

bool put_folder_in_place(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR) return false;
    cannot(format("cannot make the folder {}", to.string()), errno);
  }
  sync_folder_of(to);
  return true;
}

void sync_folder_of(const fs::path& entry) {
  const fs::path folder = entry.has_parent_path() ? entry.parent_path() : fs::path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened < 0) cannot(format("cannot open {}", folder.string()), errno);
  if (::fsync(opened) != 0) cannot(format("cannot write {} to the disk", folder.string()), errno);
}

}  // namespace lorahub::base
