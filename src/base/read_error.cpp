#include "base/read_error.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fault.hpp"

namespace lorahub::base {
namespace {

namespace fs = std::filesystem;

bool is_made_up(const fs::path& file) {
  constexpr std::array kKernels{PROC_SUPER_MAGIC,   SYSFS_MAGIC,      DEBUGFS_MAGIC,
                                TRACEFS_MAGIC,      SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC,
                                CGROUP2_SUPER_MAGIC};
  struct statfs info {};
  return ::statfs(file.c_str(), &info) == 0 &&
         std::ranges::find(kKernels, info.f_type) != kKernels.end();
}

// What there is instead of a file on a disk; nullptr for such a file.
const char* no_file(const fs::path& file) {
  std::error_code gone;
  if (fs::is_socket(file, gone)) return "a socket (there is nothing in it to read)";
  if (fs::is_character_file(file, gone)) return "a device (there is nothing in it to read)";
  return is_made_up(file) ? "a file that the kernel makes up (it can't be read as a whole)"
                          : nullptr;
}

}  // namespace

void cannot_read(std::string_view what, const fs::path& file, int error) {
  constexpr std::array kOfNoFile{EIO, ENXIO, ENODEV};
  if (std::ranges::find(kOfNoFile, error) != kOfNoFile.end())
    if (const char* kind = no_file(file)) fail("{}: is {}, name a file", file.string(), kind);
  cannot(what, error);
}

}  // namespace lorahub::base
