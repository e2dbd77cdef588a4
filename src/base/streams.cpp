#include "base/streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

void open_if_closed(int descriptor, int flags) {
  if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) return;
  ::open("/dev/null", flags);  // takes the lowest free number
}

// Returns `size` even where writing fails, since nobody could be told of the failure.
ssize_t write_or_drop(void* /*unused*/, const char* bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t some = ::write(STDERR_FILENO, bytes + done, size - done);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) break;
    done += static_cast<size_t>(some);
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

void open_standard_streams() {
  open_if_closed(STDIN_FILENO, O_RDONLY);
  open_if_closed(STDOUT_FILENO, O_RDONLY);
  open_if_closed(STDERR_FILENO, O_WRONLY);
  std::signal(SIGPIPE, SIG_IGN);
  const cookie_io_functions_t functions{
      .read = nullptr, .write = write_or_drop, .seek = nullptr, .close = nullptr};
  if (std::FILE* const tolerant = ::fopencookie(nullptr, "w", functions)) {
    std::setvbuf(tolerant, nullptr, _IONBF, 0);
    stderr = tolerant;  // a variable in the GNU C library
  }
}

void write_error(std::string_view words) { write_or_drop(nullptr, words.data(), words.size()); }

void flush_output() {
  const bool flushed = std::fflush(stdout) == 0;
  const int error = flushed ? EIO : errno;
  check(flushed && std::ferror(stdout) == 0, "{}", output_lost(std::strerror(error)));
}

std::string output_lost(const std::string& reason) {
  return format(
      "standard output can't be written ({}; what was to stand there is lost), see that its disk "
      "has room and its reader stays",
      reason);
}

}  // namespace lorahub::base
