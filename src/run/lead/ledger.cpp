#include "run/lead/ledger.hpp"

#include <numeric>

#include "base/fault.hpp"
#include "base/printable.hpp"
#include "store/sentence.hpp"

namespace lorahub::run {
namespace {

constexpr double kCheckpointSeconds = 60;  // at least, between two rebuilds of the HDF5 file,
constexpr double kCheckpointShare = 20;    // which take at most 1/20 of the time

void say_damages(const std::filesystem::path& journal, const store::History& history) {
  for (const store::Damage& damage : history.damages)
    fmt::print(stderr,
               "lorahub: {}:{}: this line of the journal is damaged (its checksum differs), {} "
               "again if it was not recorded since\n",
               journal.string(), damage.line,
               damage.trial.empty() ? "what it recorded is computed"
                                    : base::format("trial {} is run", damage.trial));
}

}  // namespace

Ledger::Ledger(const LedgerFiles& files, std::vector<store::PlannedTrial> planned,
               Verbosity verbosity)
    : files_(files),
      planned_(std::move(planned)),
      journal_(files.journal),
      progress_(verbosity == Verbosity::quiet),
      log_(files.log, 0) {
  say_damages(files.journal, journal_.history());
}

void Ledger::log(std::string_view event, const std::string& details) {
  const std::lock_guard lock(mutex_);
  log_.line(event, details);
}

void Ledger::add_elsewhere(std::vector<store::ShardHistory> journals) {
  elsewhere_ = std::move(journals);
}

void Ledger::will_run(std::map<std::string, double> sizes) {
  sizes_ = std::move(sizes);
  work_ = std::accumulate(sizes_.begin(), sizes_.end(), 0.0,
                          [](double sum, const auto& trial) { return sum + trial.second; });
}

void Ledger::start(const study::Trial& trial, const store::Inputs& inputs) {
  const std::string id = study::id(trial);
  journal_.start(id, inputs);
  log("start", base::format("trial={} {}", id, study::label(trial)));
  show(trial, {});
}

search::Evaluate Ledger::recorded(search::Evaluate evaluate, const study::Trial& trial) {
  return store::recorded(std::move(evaluate), journal_, study::id(trial));
}

void Ledger::show(const study::Trial& trial, const search::Trace& trace) {
  std::string text = study::label(trial);
  const int evaluations = trace.evaluations(), budget = study::search_length(trial);
  if (evaluations > 0)
    text += base::format(", {} of {} {}, best loss with penalty {:.4f}", evaluations, budget,
                         study::search_unit(trial), trace.best_loss);
  const std::lock_guard lock(mutex_);
  under_way_[study::id(trial)] = static_cast<double>(evaluations) / std::max(1, budget);
  double begun = 0;
  for (const auto& [id, share] : under_way_) begun += share * sizes_[id];
  progress_.show(
      work_ > 0 ? (done_ + begun) / work_ : 0,
      base::format("trial {} of {}: {}", ended_ + under_way_.size(), sizes_.size(), text));
}

void Ledger::ended(const std::string& id) {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(id);
    ended_ += 1;
    done_ += sizes_[id];
    due = since_checkpoint_.seconds() >
          std::max(kCheckpointSeconds, kCheckpointShare * checkpoint_seconds_);
  }
  if (due) checkpoint();
}

// Prints one sentence about the candidates of a trial that have no loss.
void Ledger::say_faults(const study::Trial& trial) {
  size_t candidates = 0, faults = 0;
  std::string cause;
  for (size_t i = 0; const auto generation = journal_.told(study::id(trial), i); ++i) {
    candidates += generation->losses.size();
    faults += generation->faults.size();
    if (!generation->faults.empty()) cause = generation->faults.front().cause;
  }
  if (faults == 0) return;
  const std::string text =
      base::format("trial '{}': {} of {} candidates count as infinitely bad ({})",
                   study::label(trial), faults, candidates, cause);
  log("faults", text);
  fmt::print(stderr, "lorahub: {}\n", text);
}

void Ledger::finish(const study::Trial& trial, const store::Record& record) {
  say_faults(trial);
  journal_.finish(record);
  log("done", base::format("trial={} accuracy={:.1f} evaluations={}", record.trial, record.accuracy,
                           record.counts.evaluations));
  ended(study::id(trial));
}

void Ledger::fail(const study::Trial& trial, const std::string& why) {
  const std::string id = study::id(trial),
                    message = base::printable_line(store::sentence(why, 2000));
  journal_.fail(id, message);
  log("failed", base::format("trial={} {}", id, message));
  fmt::print(stderr, "lorahub: trial '{}' failed: {}\n", study::label(trial), message);
  ended(id);
}

void Ledger::checkpoint() {
  const base::Stopwatch clock;
  try {
    journal_.read([this](const store::History& history) {
      if (elsewhere_.empty()) return store::write_hdf5(files_.result, history, planned_);
      std::vector<store::ShardHistory> all = elsewhere_;
      all.push_back({.file = files_.journal, .shard = {}, .history = history});
      store::write_hdf5(files_.result, store::merged(all), planned_);
    });
  } catch (const base::FileError& error) {
    throw base::MachineFault(base::format(
        "{} (the journal keeps all results), see to the results folder and run the same command "
        "again",
        error.problem));
  }
  const std::lock_guard lock(mutex_);
  checkpoint_seconds_ = clock.seconds();
  since_checkpoint_ = {};
}

void Ledger::checkpoint_if_quick() {
  if (checkpoint_seconds_ < 1) checkpoint();
}

bool Ledger::has_failed(const study::Trial& trial) const {
  return journal_.history().failed.contains(study::id(trial));
}

}  // namespace lorahub::run
