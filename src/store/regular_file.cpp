#include "store/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "base/fault.hpp"
#include "base/read_error.hpp"

namespace lorahub::store {
std::string read_regular_file(const std::filesystem::path& file) {
  const base::Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (open < 0) base::cannot_read(base::format("cannot read {}", file.string()), file, errno);
  struct stat info {};
  base::check(::fstat(open, &info) == 0 && S_ISREG(info.st_mode),
              "{} is not a regular file (a folder, pipe or device cannot hold results), remove it "
              "or choose another folder",
              file.string());
  std::string bytes;
  for (;;) {
    constexpr size_t kPart = 1 << 20;
    const size_t size = bytes.size();
    bytes.resize(size + kPart);
    const ssize_t read = ::read(open, &bytes[size], kPart);
    if (read < 0 && errno != EINTR)
      base::cannot_read(base::format("cannot read {}", file.string()), file, errno);
    bytes.resize(size + (read > 0 ? static_cast<size_t>(read) : 0));
    if (read == 0) return bytes;
  }
}

}  // namespace lorahub::store
