#include "store/regular_file.hpp"

#include <fcntl.h>

#include <cerrno>

#include "base/fault.hpp"
#include "base/read_error.hpp"

namespace lorahub::store {
namespace {

[[noreturn]] void cannot_read(const std::filesystem::path& path) {
  base::cannot_read(base::format("cannot read {}", path.string()), path, errno);
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

RegularFile::RegularFile(const std::filesystem::path& path)
    : path_(path), open_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (open_ < 0) cannot_read(path);
  base::check(::fstat(open_, &opened_) == 0 && S_ISREG(opened_.st_mode),
              "{} is not a regular file (a folder, pipe or device cannot hold results), remove it "
              "or choose another folder",
              path.string());
}

std::string RegularFile::read(size_t offset, size_t most) const {
  std::string bytes(most, '\0');
  size_t done = 0;
  while (done < most) {
    const ssize_t read =
        ::pread(open_, &bytes[done], most - done, static_cast<off_t>(offset + done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) cannot_read(path_);
    if (read == 0) break;
    done += static_cast<size_t>(read);
  }
  bytes.resize(done);
  return bytes;
}

std::filesystem::path RegularFile::descriptor_path() const {
  return base::format("/proc/self/fd/{}", static_cast<int>(open_));
}

void RegularFile::check_unchanged() const {
  read(0, 1);
  struct stat now {};
  if (::fstat(open_, &now) != 0) cannot_read(path_);
  base::check(now.st_size == opened_.st_size && same_time(now.st_mtim, opened_.st_mtim),
              "{} was written while it was read (what was read may be half of it), run the command "
              "again when nothing writes it",
              path_.string());
}

std::string read_regular_file(const std::filesystem::path& path) {
  const RegularFile file(path);
  std::string bytes;
  constexpr size_t kPart = 1 << 20;
  for (std::string part = file.read(0, kPart); !part.empty(); part = file.read(bytes.size(), kPart))
    bytes += part;
  return bytes;
}

}  // namespace lorahub::store
