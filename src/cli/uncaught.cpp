#include "cli/uncaught.hpp"

#include <unistd.h>

#include <atomic>
#include <exception>
#include <new>
#include <string>

#include "base/exit_codes.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/launcher.hpp"
#include "base/printable.hpp"
#include "base/streams.hpp"
#include "workers/end_launcher.hpp"

namespace lorahub::cli {
namespace {

std::terminate_handler before = nullptr;
std::atomic_flag ends_already;

// The sentence, with the rank where a launcher has started several.
std::string last_sentence(const base::Cause& cause) {
  const auto rank = base::launched_rank();
  const std::string where =
      rank ? base::format("rank {} on {}: ", *rank, base::host_name()) : std::string();
  return base::format("lorahub: {}{}\n", where, base::printable_line(cause.sentence));
}

// What is said where even the sentence can't be made; written in advance.
char no_memory[512];

// False where the program is to blame.
bool tell(const std::exception_ptr& error) {
  try {
    const base::Cause cause = base::cause_of(error);
    if (cause.blame != base::Blame::machine) return false;
    base::write_error(last_sentence(cause));
    return true;
  } catch (...) {
    base::write_error(no_memory);
    return true;
  }
}

[[noreturn]] void on_terminate() {
  // Another thread that ends in the same way says nothing more; its process is about to end.
  while (ends_already.test_and_set()) ::pause();
  if (const std::exception_ptr error = std::current_exception(); error && tell(error)) {
    workers::end_lingering_launcher();
    ::_exit(base::kExitRunAgain);
  }
  before();
  ::_exit(base::kExitRunAgain);
}

}  // namespace

void name_uncaught_exceptions() {
  const base::Cause cause = base::cause_of(std::make_exception_ptr(std::bad_alloc()));
  last_sentence(cause).copy(no_memory, sizeof no_memory - 1);
  before = std::set_terminate(on_terminate);
}

}  // namespace lorahub::cli
