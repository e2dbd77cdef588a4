#include <CLI/App.hpp>
#include <memory>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "objective/recorded_loss.hpp"
#include "store/hdf5.hpp"
#include "store/sentence.hpp"
#include "store/validity.hpp"
#include "task/score.hpp"

namespace lorahub::cli {
namespace {

int check_files(const std::vector<std::string>& files) {
  bool good = true;
  for (const std::string& file : files) {
    const store::CheckResult verdict =
        store::check_hdf5(file, {.is_hit = task::is_hit, .loss_of = objective::recorded_loss});
    const size_t count = verdict.problems.size();
    fmt::print("{}: {}\n", base::printable_line(file),
               count == 0 ? "good" : base::format("{} problem(s)", count));
    for (const std::string& problem : verdict.problems)
      fmt::print("  {}\n", store::sentence(problem));
    for (const std::string& note : verdict.notes)
      fmt::print("  note: {}\n", store::sentence(note, 2000));
    good = good && count == 0;
  }
  return good ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("check",
                                     "verify result files: digest, schema, ids, counts, hits, "
                                     "losses, searches, shots and test disjoint, complete");
  command->footer("Example: lorahub check results/quickstart/quickstart.h5");
  const auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *files, "HDF5 result files")->required();
  command->callback([files, &action] { action = [files] { return check_files(*files); }; });
}

}  // namespace lorahub::cli
