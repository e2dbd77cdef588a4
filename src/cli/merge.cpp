#include <CLI/App.hpp>
#include <memory>
#include <set>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "run/run_study.hpp"
#include "store/merge_shards.hpp"
#include "store/same_inputs.hpp"
#include "store/sentence.hpp"
#include "study/study.hpp"

namespace lorahub::cli {
namespace {

struct MergeOptions {
  std::string study, out;
  std::vector<std::string> set;
};

void say_damages(const std::vector<store::ShardHistory>& journals) {
  for (const store::ShardHistory& journal : journals)
    for (const store::Damage& damage : journal.history.damages)
      fmt::print("{}:{}: this line is damaged, its trial is run again by 'lorahub run'\n",
                 base::printable_line(journal.file.string()), damage.line);
}

int merge(const MergeOptions& options) {
  const study::Study study = study::load(options.study, settings(options.set, "--set"));
  const auto out = options.out.empty() ? std::filesystem::path("results") / study.name
                                       : std::filesystem::path(options.out);
  const std::vector<store::PlannedTrial> planned = run::planned(study);
  const std::vector<store::ShardHistory> journals = store::read_journals(out);
  base::check(!journals.empty(),
              "{} holds no journal (nothing has been run into it), run the "
              "study first",
              out.string());
  store::check_study(journals, study.name);
  store::SameInputs seen;
  store::check_same_inputs(journals, planned, seen);
  const store::History history = store::merged(journals);
  base::check(
      !history.headers.empty(),
      "{} holds no journal that can be read (each line, or the one that names the study, is "
      "damaged), restore it from a copy",
      out.string());
  std::vector<std::string> missing, failed;
  for (const study::Trial& trial : study.trials) {
    const std::string id = study::id(trial);
    if (history.failed.contains(id))
      failed.push_back(study::label(trial) + ": " + store::sentence(history.failed.at(id)));
    else if (!history.finished.contains(id))
      missing.push_back(study::label(trial));
  }
  const auto file = store::result_file(out, "");
  store::write_hdf5(file, history, planned);
  fmt::print("{}: {} of {} trials done, {} failed, {} missing\n",
             base::printable_line(file.string()),
             study.trials.size() - failed.size() - missing.size(), study.trials.size(),
             failed.size(), missing.size());
  say_damages(journals);
  for (const std::string& shard : missing_shards(out, 0))
    fmt::print("shard {} has left no journal\n", base::printable_line(shard));
  for (const std::string& trial : failed) fmt::print("failed: {}\n", base::printable_line(trial));
  for (const std::string& trial : missing) fmt::print("missing: {}\n", trial);
  return failed.empty() && missing.empty() ? 0 : 1;
}

}  // namespace

std::vector<std::string> missing_shards(const std::filesystem::path& folder, int shards) {
  std::set<int> seen;
  for (const store::ShardHistory& journal : store::read_journals(folder)) {
    if (journal.shard.empty()) continue;
    const int n = std::stoi(store::count_of(journal.shard));
    if (shards == 0) shards = n;
    if (n == shards) seen.insert(std::atoi(journal.shard.c_str()));
  }
  std::vector<std::string> missing;
  for (int i = 1; shards > 1 && i <= shards; ++i)
    if (!seen.contains(i)) missing.push_back(base::format("{} of {}", i, shards));
  return missing;
}

void add_merge(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "merge", "one result file from a study's journals, of all its shards, and what is missing");
  command->footer("Example: lorahub merge experiments/quickstart.yaml --out results/quickstart");
  const auto options = std::make_shared<MergeOptions>();
  command->add_option("STUDY", options->study, "the study's YAML file")->required();
  command->add_option("--out", options->out, "results folder (default: results/<study name>)");
  command->add_option("--set", options->set, "KEY=VALUE: override a knob of the study")->take_all();
  command->callback([options, &action] { action = [options] { return merge(*options); }; });
}

}  // namespace lorahub::cli
