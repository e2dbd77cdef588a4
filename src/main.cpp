// lorahub: choose a command and run it.
#include "base/streams.hpp"
#include "cli/program.hpp"

int main(int argc, char** argv) {
  lorahub::base::open_standard_streams();
  return lorahub::cli::program(argc, argv);
}
