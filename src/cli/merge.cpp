#include <CLI/CLI.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "run/study.hpp"
#include "store/hdf5.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::string study, out;
  std::vector<std::string> set;
};

template <class Map>
void add(Map& to, const Map& from) {
  to.insert(from.begin(), from.end());
}

// A trial may stand in several journals, of other shards or of a run of the whole: one that is
// done counts.
store::History merged(const std::vector<std::filesystem::path>& journals) {
  store::History all;
  for (const auto& journal : journals) {
    store::History one = store::read_journal(journal);
    std::ranges::move(one.headers, std::back_inserter(all.headers));
    add(all.inputs, one.inputs);
    add(all.finished, one.finished);
    add(all.failed, one.failed);
    add(all.started, one.started);
  }
  for (const auto& [id, record] : all.finished) all.failed.erase(id);
  return all;
}

int merge(const Options& options) {
  const study::Study study = study::load(options.study, settings(options.set, "--set"));
  const auto out = options.out.empty() ? std::filesystem::path("results") / study.name
                                       : std::filesystem::path(options.out);
  const auto journals = find_files(out, ".ndj");
  base::check(!journals.empty(),
              "{} holds no journal (nothing has been run into it), run the "
              "study first",
              out.string());
  const store::History history = merged(journals);
  std::vector<std::string> missing, failed;
  for (const study::Trial& trial : study.trials) {
    const std::string id = study::id(trial);
    if (history.failed.contains(id))
      failed.push_back(study::label(trial) + ": " + history.failed.at(id));
    else if (!history.finished.contains(id))
      missing.push_back(study::label(trial));
  }
  const auto file = run::result_file(out, "");
  store::write_hdf5(file, history, run::planned(study));
  fmt::print("{}: {} of {} trials done, {} failed, {} missing\n",
             base::printable_line(file.string()),
             study.trials.size() - failed.size() - missing.size(), study.trials.size(),
             failed.size(), missing.size());
  for (const std::string& shard : missing_shards(out, 0))
    fmt::print("shard {} has left no journal\n", base::printable_line(shard));
  for (const std::string& trial : failed) fmt::print("failed: {}\n", base::printable_line(trial));
  for (const std::string& trial : missing) fmt::print("missing: {}\n", trial);
  return failed.empty() && missing.empty() ? 0 : 1;
}

}  // namespace

std::vector<std::string> missing_shards(const std::filesystem::path& folder, int shards) {
  std::set<int> seen;
  for (const auto& journal : find_files(folder, ".ndj")) {
    int i = 0, n = 0;
    if (std::sscanf(journal.filename().c_str(), "journal-%d-of-%d", &i, &n) != 2) continue;
    if (shards == 0) shards = n;
    if (n == shards) seen.insert(i);
  }
  std::vector<std::string> missing;
  for (int i = 1; i <= shards; ++i)
    if (!seen.contains(i)) missing.push_back(base::format("{} of {}", i, shards));
  return missing;
}

void add_merge(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "merge", "one result file from a study's journals, of all its shards, and what is missing");
  command->footer("Example: lorahub merge experiments/quickstart.yaml --out results/quickstart");
  const auto options = std::make_shared<Options>();
  command->add_option("STUDY", options->study, "the study's YAML file")->required();
  command->add_option("--out", options->out, "results folder (default: results/<study name>)");
  command->add_option("--set", options->set, "KEY=VALUE: override a knob of the study")->take_all();
  command->callback([options, &action] { action = [options] { return merge(*options); }; });
}

}  // namespace lorahub::cli
