// lorahub: choose a command and run it.
#include <linux/limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/streams.hpp"
#include "cli/program.hpp"

namespace {

[[gnu::no_sanitize_address, noreturn]] void refuse(std::string_view sentence) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
  ::_exit(2);
}

// Names are looked up from the current folder. Where it was removed, LibTorch's libraries end the
// program with words of their own, before main, so that this must come before them.
[[gnu::no_sanitize_address]] void check_current_folder() {
  char folder[PATH_MAX];
  if (::syscall(SYS_getcwd, folder, sizeof folder) > 0 && folder[0] == '/') return;
  refuse(
      "lorahub: the current folder can't be found (was it removed?), cd to a folder that is "
      "there\n");
}

// Libraries (MPI, MKL) hold arrays on the stack and would end in a segmentation fault. The limit is
// raised where the user may raise it; the stack grows up to the limit that holds at that time.
[[gnu::no_sanitize_address]] void check_stack() {
  constexpr rlim64_t kLeast = 1 << 20;
  rlimit64 stack{};
  if (::syscall(SYS_prlimit64, 0, RLIMIT_STACK, nullptr, &stack) != 0 || stack.rlim_cur >= kLeast)
    return;
  stack.rlim_cur = kLeast;
  if (stack.rlim_max >= kLeast && ::syscall(SYS_prlimit64, 0, RLIMIT_STACK, &stack, nullptr) == 0)
    return;
  refuse(
      "lorahub: the stack may hold less than 1024 KiB (ulimit -s; the libraries would end in a "
      "segmentation fault), allow more: ulimit -s 8192\n");
}

[[gnu::no_sanitize_address]] void check_surroundings() {
  check_current_folder();
  check_stack();
}

// What the system calls before it initialises the libraries.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = check_surroundings;

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
