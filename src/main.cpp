// lorahub: choose a command and run it.
#include <linux/limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/streams.hpp"
#include "cli/program.hpp"

namespace {

// Names are looked up from the current folder. Where it was removed, LibTorch's libraries end the
// program with words of their own, before main, so that this must come before them.
[[gnu::no_sanitize_address]] void check_current_folder() {
  char folder[PATH_MAX];
  if (::syscall(SYS_getcwd, folder, sizeof folder) > 0 && folder[0] == '/') return;
  constexpr std::string_view kMessage =
      "lorahub: the current folder can't be found (was it removed?), cd to a folder that is "
      "there\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(2);
}

// What the system calls before it initialises the libraries.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_libraries)() = check_current_folder;

}  // namespace

int main(int argc, char** argv) {
  lorahub::base::open_standard_streams();
  const int code = lorahub::cli::program(argc, argv);
  // What is to be kept has been written. The destructors of libraries are left out: LibTorch's take
  // 0.08 s to forget its operators one by one, a quarter of what a short command takes. A sanitizer
  // looks for leaks at a usual end.
#ifdef __SANITIZE_ADDRESS__
  return code;
#else
  std::fflush(nullptr);
  std::_Exit(code);
#endif
}
