// lorahub: choose a command, run it, turn what goes wrong into one sentence and an exit code.
#include <cstdio>
#include <exception>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "cli/commands.hpp"

namespace {

int report(const char* message, int code) {
  std::fflush(stdout);
  fmt::print(stderr, "lorahub: {}\n", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lorahub;
  base::block_signals();
  try {
    return cli::run(argc, argv);
  } catch (const base::Error& error) {
    return report(error.what(), 2);
  } catch (const base::Interrupted& error) {
    return report(error.what(), 75);
  } catch (const std::exception& error) {
    return report(fmt::format("internal error: {} (a bug, please report it with the command)", error.what()).c_str(), 70);
  }
}
