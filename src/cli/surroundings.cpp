#include "cli/surroundings.hpp"

#include <linux/limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "base/memory_probe.hpp"
#include "cli/uncaught.hpp"

namespace lorahub::cli {
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

#ifndef __SANITIZE_ADDRESS__
// What LibTorch's libraries ask for before main; they end without it in words of their own.
void check_memory() {
  constexpr size_t kLeast = 128 << 20;
  if (base::gets_memory(kLeast)) return;
  refuse(
      "lorahub: less than 128 MiB of memory is left after the libraries are mapped (ulimit -v, "
      "ulimit -d, or the machine's), allow more\n");
}
#endif

}  // namespace

void check_surroundings() {
  check_current_folder();
  check_stack();
#ifndef __SANITIZE_ADDRESS__  // which takes all of the address space, and has handlers of its own
  check_memory();
  name_uncaught_exceptions();
#endif
}

}  // namespace lorahub::cli
