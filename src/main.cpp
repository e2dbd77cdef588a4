// lorahub: choose a command, run it, turn what goes wrong into one sentence and an exit code.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/fault.hpp"
#include "cli/commands.hpp"

namespace {

// Ranks that fail alike say it once.
bool is_first_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"})
    if (const char* rank = std::getenv(name)) return std::string_view(rank) == "0";
  return true;
}

int report(const char* message, int code) {
  std::fflush(stdout);
  if (is_first_rank()) fmt::print(stderr, "lorahub: {}\n", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace lorahub;
  try {
    return cli::run(argc, argv);
  } catch (const base::Error& error) {
    return report(error.what(), 2);
  } catch (const base::Interrupted& error) {
    return report(error.what(), 75);
  } catch (...) {
    const base::Cause cause = base::cause_of(std::current_exception());
    if (cause.blame == base::Blame::machine) return report(cause.sentence.c_str(), 75);
    if (cause.blame == base::Blame::input) return report(cause.sentence.c_str(), 2);
    return report(
        fmt::format("internal error: {} (a bug, please report it with the command)", cause.sentence)
            .c_str(),
        70);
  }
}
