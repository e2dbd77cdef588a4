// lorahub: choose a command and run it.
#include <cstdio>
#include <cstdlib>

#include "base/streams.hpp"
#include "cli/program.hpp"
#include "cli/surroundings.hpp"

// What the system calls before it initialises the libraries.
[[gnu::section(".preinit_array"),
  gnu::used]] static void (*const before_libraries)() = lorahub::cli::check_surroundings;

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
