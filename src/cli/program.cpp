#include "cli/program.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/fault.hpp"
#include "base/launcher.hpp"
#include "base/printable.hpp"
#include "base/streams.hpp"
#include "cli/commands.hpp"

namespace lorahub::cli {
namespace {

constexpr int kBadInput = 2, kOurBug = 70, kRunAgain = 75;

// Whether this rank prints an error that all ranks have: it is the first, or the first of each
// command of one mpirun, whose numbers of copies Open MPI gives as "1 4".
bool is_first_rank() {
  const int rank = base::launched_rank().value_or(0);
  const char* const copies = std::getenv("OMPI_APP_CTX_NUM_PROCS");
  int first = 0;
  for (const std::string& count : base::split(copies == nullptr ? "" : copies, ' ')) {
    if (first == rank) return true;
    first += std::atoi(count.c_str());
  }
  return rank == 0;
}

int report(std::string_view message, int code) {
  std::fflush(stdout);
  if (is_first_rank()) fmt::print(stderr, "lorahub: {}\n", base::printable_line(message));
  return code;
}

// Prints an error that no command has put into words itself.
int report(const std::exception_ptr& error) {
  const base::Cause cause = base::cause_of(error);
  switch (cause.blame) {
    case base::Blame::input:
      return report(cause.sentence, kBadInput);
    case base::Blame::interruption:
    case base::Blame::machine:
      return report(cause.sentence, kRunAgain);
    default:
      return report(fmt::format("internal error: {} (a bug, please report it with the command)",
                                cause.sentence),
                    kOurBug);
  }
}

// The last resort: most places say themselves what could not be read, and what to do.
int report_files(const std::filesystem::filesystem_error& error) {
  using std::errc;
  const errc of_the_user[] = {errc::no_such_file_or_directory,
                              errc::permission_denied,
                              errc::operation_not_permitted,
                              errc::not_a_directory,
                              errc::is_a_directory,
                              errc::filename_too_long,
                              errc::file_exists,
                              errc::invalid_argument,
                              errc::too_many_symbolic_link_levels};
  const bool can_be_mended =
      std::ranges::any_of(of_the_user, [&](errc why) { return error.code() == why; });
  const std::string path = error.path1().empty() ? "the current folder" : error.path1().string();
  return report(fmt::format("{}: {}, {}", path, error.code().message(),
                            can_be_mended ? "check the path and its permissions"
                                          : "run the same command again when its disk answers"),
                can_be_mended ? kBadInput : kRunAgain);
}

}  // namespace

int program(int argc, char** argv) {
  try {
    const int code = run(argc, argv);
    base::flush_output();
    return code;
  } catch (const std::filesystem::filesystem_error& error) {
    return report_files(error);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0)
      return report(base::output_lost(error.code().message()), kBadInput);
    return report(std::current_exception());
  } catch (...) {
    return report(std::current_exception());
  }
}

}  // namespace lorahub::cli
