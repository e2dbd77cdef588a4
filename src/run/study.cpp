#include "run/study.hpp"

#include <set>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/signals.hpp"
#include "run/environment.hpp"
#include "run/lead.hpp"
#include "run/methods/methods.hpp"
#include "run/trial.hpp"
#include "store/hdf5.hpp"

namespace lorahub::run {
namespace {

constexpr double kCheckpointSeconds = 60;  // at least, between two rebuilds of the HDF5 file,
constexpr double kCheckpointShare = 20;    // which take at most 1/20 of the time

std::vector<store::Planned> planned(const study::Study& study) {
  std::vector<store::Planned> plan;
  for (const study::Trial& trial : study.trials)
    plan.push_back({.id = study::id(trial), .knobs = study::columns(trial)});
  return plan;
}

// What changed between two sets of inputs, as words; "" when nothing did.
std::string difference(const store::Inputs& before, const store::Inputs& now) {
  std::vector<std::string> changed;
  for (const auto& [name, hash] : now)
    if (const auto old = before.find(name); old == before.end() || old->second != hash)
      changed.push_back(name);
  for (const auto& [name, hash] : before)
    if (!now.contains(name)) changed.push_back(name);
  return base::join(changed, ", ");
}

class Coordinator {
 public:
  Coordinator(const Selection& selection, const StudyOptions& options, Context& context)
      : study_(selection.study),
        trials_(selection.trials),
        options_(options),
        context_(context),
        progress_(options.verbosity == Verbosity::quiet) {}

  int run() {
    check_inputs(store::read_journal(journal_file(options_.out, options_.shard)));
    make_folder();
    context_.open_logs(options_.out / "log");
    journal_.emplace(journal_file(options_.out, options_.shard));
    write_header();
    for (size_t i = 0; i < trials_.size(); ++i) todo_ += todo(i) ? 1 : 0;
    try {
      for (size_t i = 0; i < trials_.size(); ++i)
        if (todo(i)) run_one(i);
    } catch (const base::Interrupted&) {
      if (checkpoint_seconds_ < 1)
        checkpoint();  // what is done can be reported; the journal has it anyway
      throw;
    }
    checkpoint();
    const auto failed = [this](const study::Trial& trial) {
      return journal_->history().failed.contains(study::id(trial));
    };
    return std::ranges::any_of(trials_, failed) ? 1 : 0;
  }

 private:
  // Everything a user may have got wrong, before anything is written.
  void check_inputs(const store::History& history) {
    base::check(history.headers.empty() || history.headers.back().study == study_.name,
                "{} holds results of the study '{}' (those of '{}' would mix with them), choose "
                "another --out",
                options_.out.string(), history.headers.empty() ? "" : history.headers.back().study,
                study_.name);
    std::map<std::string, std::string> cache;
    for (const study::Trial& trial : trials_) {
      method(trial.method);
      if (study::uses_search(trial.method))  // refuses what the optimiser would
        search::resolved(trial.search, static_cast<int>(module_names(trial).size()));
      store::Inputs now = inputs(trial, cache);
      const std::string id = study::id(trial);
      const bool kept = history.finished.contains(id) || history.told.contains(id);
      if (const auto before = history.inputs.find(id); kept && before != history.inputs.end()) {
        const std::string changed = difference(before->second, now);
        base::check(changed.empty(),
                    "{} of trial '{}' changed since it was recorded in {} (old and new results "
                    "would be mixed), "
                    "use another --out, or restore the files",
                    changed, study::label(trial), options_.out.string());
      }
      inputs_.push_back(std::move(now));
    }
    for (size_t i = 0; i < trials_.size(); ++i)
      if (!known(history, study::id(trials_[i])) && new_material(i)) context_.begin(i);
  }

  static bool known(const store::History& history, const std::string& id) {
    return history.finished.contains(id) || history.failed.contains(id);
  }

  // Whether trial i reads a model or modules that no trial before it read.
  bool new_material(size_t i) {
    bool fresh = false;
    for (const auto& [name, hash] : inputs_[i])
      if (name == "model" || name.starts_with("module ")) fresh |= seen_.insert(name + hash).second;
    return fresh;
  }

  void make_folder() const {
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    base::check(!error, "cannot make the results folder {} ({}), choose another with --out",
                options_.out.string(), error.message());
  }

  const base::Log& log() const { return context_.site().log(); }

  void write_header() {
    auto environment = run::environment();
    environment["trials"] = std::to_string(study_.trials.size());
    environment["ranks"] = std::to_string(context_.ranks());
    environment["threads"] = std::to_string(options_.hardware.threads);
    environment["device"] = options_.hardware.device == t5::Device::cuda ? "cuda" : "cpu";
    journal_->header({.study = study_.name,
                      .question = study_.question,
                      .yaml = study_.yaml,
                      .command_line = options_.command_line,
                      .started_utc = base::utc_now(),
                      .environment = std::move(environment)});
  }

  bool todo(size_t i) const {
    const std::string id = study::id(trials_[i]);
    const store::History& history = journal_->history();
    if (history.finished.contains(id)) return false;
    return options_.failed == Failed::retry || !history.failed.contains(id);
  }

  void run_one(size_t i) {
    const study::Trial& trial = trials_[i];
    const std::string id = study::id(trial);
    journal_->start(id, inputs_[i]);
    log().line("start", base::format("trial={} {}", id, study::label(trial)));
    context_.record = [this, id](search::Evaluate f) {
      return store::recorded(std::move(f), *journal_, id);
    };
    context_.observer = [this, i](const search::Trace& trace) { show(i, trace); };
    show(i, {});
    try {
      const store::Record record = run_trial(context_, i);
      journal_->finish(record);
      log().line("done", base::format("trial={} accuracy={:.1f} evaluations={}", id,
                                      record.accuracy, record.counts.evaluations));
    } catch (const base::Interrupted&) {
      throw;
    } catch (const std::exception& error) {  // of any rank: the other trials go on
      journal_->fail(id, error.what());
      log().line("failed", base::format("trial={} {}", id, error.what()));
      fmt::print(stderr, "lorahub: trial '{}' failed: {}\n", study::label(trial), error.what());
    }
    done_ += 1;
    if (since_checkpoint_.seconds() >
        std::max(kCheckpointSeconds, kCheckpointShare * checkpoint_seconds_))
      checkpoint();
  }

  void show(size_t i, const search::Trace& trace) {
    const int budget = trials_[i].search.budget;
    std::string text =
        base::format("trial {} of {}: {}", i + 1, trials_.size(), study::label(trials_[i]));
    if (trace.evaluations() > 0)
      text += base::format(", {} of {} evaluations, best loss {:.4f}", trace.evaluations(), budget,
                           trace.best_loss);
    progress_.show((done_ + static_cast<double>(trace.evaluations()) / budget) / todo_, text);
  }

  void checkpoint() {
    const base::Stopwatch clock;
    store::write_hdf5(result_file(options_.out, options_.shard), journal_->history(),
                      planned(study_));
    checkpoint_seconds_ = clock.seconds();
    since_checkpoint_ = {};
  }

  const study::Study& study_;
  const std::vector<study::Trial>& trials_;  // of this call
  const StudyOptions& options_;
  Context& context_;
  base::Progress progress_;
  std::optional<store::Journal> journal_;
  std::vector<store::Inputs> inputs_;
  std::set<std::string> seen_;
  double todo_ = 0, done_ = 0;  // trials of this call
  base::Stopwatch since_checkpoint_;
  double checkpoint_seconds_ = 0;
};

}  // namespace

std::filesystem::path journal_file(const std::filesystem::path& out, const std::string& shard) {
  return out / (shard.empty() ? "journal.ndj" : base::format("journal-{}.ndj", shard));
}

std::filesystem::path result_file(const std::filesystem::path& out, const std::string& shard) {
  const auto folder = std::filesystem::absolute(out / "x").lexically_normal().parent_path();
  return out / (folder.filename().string() + (shard.empty() ? "" : "-" + shard) + ".h5");
}

int run_study(const std::function<Selection()>& load, const StudyOptions& options,
              workers::Group& group) {
  Selection selection;
  const auto make_site = [&] {
    selection = load();
    return std::make_unique<Site>(selection.trials, options.hardware, group);
  };
  return lead_or_serve(group, make_site, [&](Site& site) {
    Context context(site, group);
    return Coordinator(selection, options, context).run();
  });
}

}  // namespace lorahub::run
