#include "cli/report_error.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "base/escape.hpp"
#include "base/exit_codes.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/launcher.hpp"
#include "base/printable.hpp"
#include "base/streams.hpp"

namespace lorahub::cli {
namespace {

struct ToldError {
  std::string sentence;
  int code = base::kExitBug;
  bool of_this_rank = false;  // other ranks may not have it: their machines are others
};

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

// The sentence, with rank and host where several ranks were started and it has no rank yet.
std::string of_rank(const std::string& sentence) {
  if (base::launched_copies().count <= 1 || sentence.starts_with("rank ")) return sentence;
  return base::format("rank {} on {}: {}", base::launched_rank().value_or(0), base::host_name(),
                      sentence);
}

// An error that no command has put into words itself.
ToldError by_cause(const std::exception_ptr& error) {
  const base::Cause cause = base::cause_of(error);
  switch (cause.blame) {
    case base::Blame::input:
      return {.sentence = cause.sentence, .code = base::kExitBadInput};
    case base::Blame::interruption:
      return {.sentence = cause.sentence, .code = base::kExitRunAgain};
    case base::Blame::machine:
      return {
          .sentence = of_rank(cause.sentence), .code = base::kExitRunAgain, .of_this_rank = true};
    default:
      return {.sentence = base::format(
                  "internal error: {} (a bug, please report it with the command)", cause.sentence)};
  }
}

// The last resort: most places say themselves what could not be read, and what to do.
ToldError of_files(const std::filesystem::filesystem_error& error) {
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
  const int number = error.code().value();
  const std::string advice = can_be_mended                   ? "check the path and its permissions"
                             : base::is_the_machines(number) ? base::advice(number)
                                                             : "run the same command again when "
                                                               "its disk answers";
  return {.sentence = base::format("{}: {}, {}", path, error.code().message(), advice),
          .code = can_be_mended ? base::kExitBadInput : base::kExitRunAgain};
}

ToldError told(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::filesystem::filesystem_error& of_a_file) {
    return of_files(of_a_file);
  } catch (const std::system_error& of_the_system) {
    if (std::ferror(stdout) == 0) return by_cause(error);
    return {.sentence = base::output_lost(of_the_system.code().message()),
            .code = base::kExitBadInput};
  } catch (...) {
    return by_cause(error);
  }
}

// Standard output that can't be written has nobody who reads it.
void print_json(const ToldError& told) {
  const nlohmann::ordered_json line{{"error", told.sentence}, {"exit_code", told.code}};
  std::fputs((base::json_text(line) + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// The command of this name below `app`; null where there is none.
const CLI::App* below(const CLI::App& app, const std::string& name) {
  const auto named = app.get_subcommands(
      [&](const CLI::App* command) { return !name.empty() && command->get_name() == name; });
  return named.empty() ? nullptr : named.front();
}

bool is_flag(const CLI::App& command, const std::string& name) {
  const CLI::Option* const option = command.get_option_no_throw(name);
  return option == nullptr || option->get_items_expected_max() == 0;
}

}  // namespace

ErrorForm error_form(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") break;
    if (const CLI::App* const named = below(*command, word)) command = named;
    if (word == "--json" || word == "--json-lines")
      return is_flag(*command, word) ? ErrorForm::json : ErrorForm::text;
  }
  return ErrorForm::text;
}

int report_error(const std::exception_ptr& error, ErrorForm form) {
  const ToldError what = told(error);
  std::fflush(stdout);
  if (!is_first_rank() && !what.of_this_rank) return what.code;
  fmt::print(stderr, "lorahub: {}\n", base::printable_line(what.sentence));
  if (form == ErrorForm::json && is_first_rank()) print_json(what);
  return what.code;
}

}  // namespace lorahub::cli
