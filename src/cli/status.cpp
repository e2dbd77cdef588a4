#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "run/study.hpp"
#include "store/hdf5.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::string folder;
  bool json = false;
};

// From the journal alone, so that it works while a run goes on.
int status(const Options& options) {
  const std::vector<std::filesystem::path> journals = find_files(options.folder, ".ndj");
  base::check(!journals.empty(),
              "{} holds no journal (no study has run in this folder), give a results folder",
              options.folder);
  double seconds = 0;
  size_t running = 0, done = 0, failed = 0;
  int planned = 0;
  std::map<std::string, std::string> failures;
  for (const auto& journal : journals) {  // one, or one a shard
    const store::History history = store::read_journal(journal);
    for (const auto& [id, record] : history.finished)
      seconds += record.timing.load + record.timing.search + record.timing.answer;
    for (const auto& [id, start] : history.started)
      if (!history.finished.contains(id) && !history.failed.contains(id)) ++running;
    if (!history.headers.empty())
      planned += std::stoi(history.headers.back().environment.at("trials"));
    done += history.finished.size();
    failed += history.failed.size();
    failures.insert(history.failed.begin(), history.failed.end());
  }
  const size_t missing = static_cast<size_t>(planned) > done + failed
                             ? static_cast<size_t>(planned) - done - failed
                             : 0;
  const double each = done > 0 ? seconds / static_cast<double>(done) : 0;
  if (options.json) {
    nlohmann::json out{
        {"planned", planned},        {"done", done},
        {"running", running},        {"failed", failed},
        {"seconds_per_trial", each}, {"seconds_left", each * static_cast<double>(missing)}};
    fmt::print("{}\n", out.dump());
    return 0;
  }
  fmt::print("{} of {} trials done, {} begun, {} failed; {:.1f} s a trial", done, planned, running,
             failed, each);
  if (missing > 0 && each > 0)
    fmt::print(", {} left", base::duration(each * static_cast<double>(missing)));
  fmt::print("\n");
  for (const auto& [id, message] : failures) fmt::print("failed {}: {}\n", id, message);
  return 0;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("status", "what is done, running, failed");
  command->footer("Example: lorahub status results/quickstart");
  const auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folder, "a results folder")->required();
  command->add_flag("--json", options->json, "as JSON");
  command->callback([options, &action] { action = [options] { return status(*options); }; });
}

void add_check(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "check", "verify result files: schema, counts, shots and test disjoint, complete");
  command->footer("Example: lorahub check results/quickstart/quickstart.h5");
  const auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *files, "HDF5 result files")->required();
  command->callback([files, &action] {
    action = [files] {
      bool good = true;
      for (const std::string& file : *files) {
        const std::vector<std::string> problems = store::check_hdf5(file);
        fmt::print("{}: {}\n", file,
                   problems.empty() ? "good" : base::format("{} problem(s)", problems.size()));
        for (const std::string& problem : problems) fmt::print("  {}\n", problem);
        good = good && problems.empty();
      }
      return good ? 0 : 1;
    };
  });
}

}  // namespace lorahub::cli
