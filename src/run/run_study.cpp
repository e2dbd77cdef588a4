#include "run/run_study.hpp"

#include <set>

#include "base/clock.hpp"
#include "base/energy.hpp"
#include "base/fault.hpp"
#include "base/printable.hpp"
#include "plan/cost.hpp"
#include "plan/environment.hpp"
#include "run/lead/agreement.hpp"
#include "run/lead/devices.hpp"
#include "run/lead/equal_searches.hpp"
#include "run/lead/hang_watch.hpp"
#include "run/lead/input_notes.hpp"
#include "run/lead/preflight.hpp"
#include "run/lead/run_trial.hpp"
#include "run/run_on_ranks.hpp"
#include "store/origin.hpp"
#include "store/paths.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {
namespace {

class StudyRunner {
 public:
  StudyRunner(const Selection& selection, const StudyOptions& options,
              workers::Dispatcher& dispatcher, Hooks& hooks)
      : hooks_(hooks),
        study_(selection.study),
        trials_(selection.trials),
        planned_(planned(selection.study)),
        options_(options),
        dispatcher_(dispatcher) {}

  int run() {
    check_can_be_written(options_.out, options_.shard, dispatcher_.ranks());
    dispatcher_.note("reading the results folder");
    const std::vector<store::ShardHistory> before = store::read_journals(options_.out);
    check_folder(plan(), before, {});
    const Checked checked =
        check_inputs(trials_, own_history(plan(), before), [this](const study::Trial& trial) {
          dispatcher_.note(base::format("reading the inputs of trial '{}'", study::label(trial)));
        });
    inputs_ = checked.inputs;
    watched_ = checked.watched;
    files_ = checked.files;
    check_folder(plan(), before, inputs_);
    check_agreement(dispatcher_,
                    {.trials = trials_, .inputs = inputs_, .by_path = checked.cache.hashes});
    devices_ = dispatcher_.everyone(base::encode(RankRequest{.kind = RequestKind::device}));
    note_elsewhere(run::elsewhere(plan(), before));
    dispatcher_.note("estimating time and memory");
    const std::vector<std::string> warnings = estimate(own_history(plan(), before));
    if (!checked.first_uses.empty()) share_weights(checked.first_uses.front());
    for (const size_t i : checked.first_uses) try_out(i);
    dispatcher_.note("opening the results folder");
    make_folder();
    dispatcher_.everyone(base::encode(
        RankRequest{.kind = RequestKind::log, .body = store::log_folder(options_.out).string()}));
    ledger_.emplace(LedgerFiles{.journal = store::journal_file(options_.out, options_.shard),
                                .result = store::result_file(options_.out, options_.shard),
                                .log = store::log_file(store::log_folder(options_.out), 0)},
                    planned_, options_.verbosity);
    look_again();
    write_header();
    for (const std::string& sentence : notes(trials_)) {
      ledger_->log("note", sentence);
      fmt::print(stderr, "warning: {}\n", base::printable_line(sentence));
    }
    for (const std::string& sentence : shared_gpus(dispatcher_.hosts(), devices_)) {
      ledger_->log("devices", sentence);
      fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
    }
    for (const std::string& sentence : warnings) ledger_->log("inputs", sentence);
    work();
    dispatcher_.note("writing the result file");
    ledger_->checkpoint();
    say_end();
    return failed_count() > 0 ? 1 : 0;
  }

  bool has_begun() const { return ledger_.has_value(); }  // to write into the results folder

 private:
  FolderPlan plan() const {
    return {.out = options_.out,
            .study = study_.name,
            .shard = options_.shard,
            .planned = planned_,
            .trials = trials_};
  }

  // Reads the journals again, now that this process alone may write: other runs may have recorded
  // trials since the first look.
  void look_again() {
    std::vector<store::ShardHistory> journals = store::read_journals(options_.out);
    check_folder(plan(), journals, inputs_);
    journals = run::elsewhere(plan(), std::move(journals));
    note_elsewhere(journals);
    ledger_->add_elsewhere(std::move(journals));
    for (size_t j = todo_.size(); j-- > 0;) {
      if (todo(trials_[todo_[j]], ledger_->history())) continue;
      todo_.erase(todo_.begin() + static_cast<long>(j));
      cost_.trials.erase(cost_.trials.begin() + static_cast<long>(j));
    }
  }

  void note_elsewhere(const std::vector<store::ShardHistory>& journals) {
    for (const store::ShardHistory& journal : journals)
      for (const auto& [id, record] : journal.history.finished) elsewhere_.insert(id);
  }

  // With several GPUs, each rank reads a part of the model and NCCL brings it to the others. What
  // can't be read is found before any rank waits for another one's part. Without NCCL each reads
  // the whole file, as for a later model of the study: the system reads it from the disk once per
  // node.
  void share_weights(size_t i) {
    if (!workers::has_nccl() || !own_gpus(dispatcher_.hosts(), devices_)) return;
    const std::string trial = encode_trial(trials_[i]);
    dispatcher_.everyone(
        base::encode(RankRequest{.kind = RequestKind::model_share, .number = i, .trial = trial}));
    dispatcher_.everyone(base::encode(RankRequest{
        .kind = RequestKind::exchange, .number = i, .trial = trial, .body = workers::nccl_id()}));
  }

  // Every rank loads what trial i reads: what one of them cannot read is found now.
  void try_out(size_t i) {
    dispatcher_.everyone(join_request(plan::trial_inputs(trials_[i], tokenizers_), i));
  }

  void make_folder() const {
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    if (error && base::is_the_machines(error.value()))
      base::cannot(base::format("cannot make the results folder {}", options_.out.string()),
                   error.value());
    base::check(!error, "cannot make the results folder {} ({}), choose another with --out",
                options_.out.string(), error.message());
  }

  void write_header() {
    store::Environment environment = plan::environment();
    environment["trials"] = std::to_string(study_.trials.size());
    environment["shard"] = options_.shard.empty() ? store::shard_name(1, 1) : options_.shard;
    environment["ranks"] = std::to_string(dispatcher_.ranks());
    environment["threads"] = std::to_string(options_.hardware.threads);
    environment["trials per rank"] = std::to_string(options_.hardware.trials);
    for (size_t rank = 0; rank < devices_.size(); ++rank)
      environment[base::format("rank {}", rank)] =
          base::format("{}: {}", dispatcher_.hosts()[rank], devices_[rank]);
    environment["device"] = options_.hardware.device == base::Device::cuda ? "cuda" : "cpu";
    if (const std::string unlike = unlike_ranks(devices_); !unlike.empty()) {
      environment["ranks differ"] = unlike;
      fmt::print(stderr, "lorahub: the ranks have unlike processors, whose bits may differ: {}\n",
                 unlike);
    }
    say_difference(environment);
    std::vector<std::string> ids;
    for (const store::PlannedTrial& trial : planned_) ids.push_back(trial.id);
    ledger_->header({.study = study_.name,
                     .question = study_.question,
                     .yaml = study_.yaml,
                     .command_line = options_.command_line,
                     .started_utc = base::utc_now(),
                     .environment = std::move(environment),
                     .planned = std::move(ids)});
  }

  // Trials that other machines or versions made may have other bits.
  void say_difference(const store::Environment& now) {
    const store::History& history = ledger_->history();
    if (history.headers.empty() || (history.finished.empty() && history.told.empty())) return;
    const std::string other = store::difference(history.headers.back().environment, now);
    if (other.empty()) return;
    const std::string text = base::format(
        "{} was begun by another machine or program, which may give other bits: {}; its result "
        "file says which start made which trial",
        options_.out.string(), other);
    ledger_->log("other start", text);
    fmt::print(stderr, "lorahub: {}\n", text);
  }

  // Estimates what is left to do, before any model is loaded. Refuses rows that are too long and a
  // run that can't fit into the memory. Returns warnings for the record, which are printed on
  // standard error, too.
  std::vector<std::string> estimate(const store::History& history) {
    for (size_t i = 0; i < trials_.size(); ++i)
      if (todo(trials_[i], history)) todo_.push_back(i);
    if (todo_.empty()) return {};
    cost_ = plan::cost(trials_of(todo_), {.ranks = dispatcher_.ranks(),
                                          .trials_of_a_rank = options_.hardware.trials,
                                          .threads = options_.hardware.threads,
                                          .groups = options_.groups,
                                          .device = options_.hardware.device});
    return cautions(cost_, dispatcher_, options_.hardware.device, options_.memory_check);
  }

  std::vector<study::Trial> trials_of(const std::vector<size_t>& places) const {
    std::vector<study::Trial> some;
    for (const size_t i : places) some.push_back(trials_[i]);
    return some;
  }

  bool todo(const study::Trial& trial, const store::History& history) const {
    const std::string id = study::id(trial);
    if (history.finished.contains(id) || elsewhere_.contains(id)) return false;
    return options_.failed == Failed::retry || !history.failed.contains(id);
  }

  void work() {
    // The journal may have grown since the first look, by a run that has ended meanwhile.
    std::vector<workers::Job> jobs;
    std::map<std::string, double> sizes;
    std::vector<study::Trial> left;
    for (size_t j = 0; j < todo_.size(); ++j) {
      const study::Trial& trial = trials_[todo_[j]];
      if (!todo(trial, ledger_->history())) continue;
      jobs.push_back(job(todo_[j], cost_.trials[j].work, cost_.flops_per_second));
      sizes[study::id(trial)] = cost_.trials[j].tflop;
      left.push_back(trial);
    }
    if (left.empty()) return;
    dispatcher_.note("choosing or recording");
    shared_.emplace(left);
    ledger_->will_run(std::move(sizes));
    hooks_.will_run(left.size());
    const base::Stopwatch clock;
    const double busy = dispatcher_.busy_seconds();
    try {
      dispatcher_.work(jobs, cost_.prediction.groups);
    } catch (const base::Interrupted& error) {
      ledger_->log("interrupted", error.what());
      ledger_->checkpoint_if_quick();  // so that `report` sees the trial; the journal has it anyway
      throw;
    }
    say_utilisation(cost_.prediction, clock.seconds(), dispatcher_.busy_seconds() - busy);
  }

  workers::Job job(size_t i, const plan::SearchWork& tflop, double flops_per_second) {
    return {.size = plan::size_of(tflop),
            .join = join_request(plan::trial_inputs(trials_[i], tokenizers_), i),
            .lead = [this, i](const workers::JobHandle& handle) { run_one(i, handle); },
            .watch = watch(options_.hang_timeout, plan::scaled(tflop, 1e12 / flops_per_second))};
  }

  EvaluationHooks surroundings(size_t i, double& borrowed) {
    const study::Trial& trial = trials_[i];
    return {.observer =
                [this, &trial](const search::Trace& trace) {
                  meter_.joules();  // read after each generation, since the counters wrap
                  ledger_->show(trial, trace);
                },
            .record =
                [this, i, &trial, &borrowed, known = shared_->told(trial)](const auto& evaluate) {
                  const search::Evaluate checked = [this, i, evaluate](const auto& population) {
                    search::Evaluation found = evaluate(population);
                    watched_.check(files_[i]);
                    return found;
                  };
                  return ledger_->recorded(
                      once(checked, known, [&borrowed](double seconds) { borrowed += seconds; }),
                      trial);
                },
            .check_files = [this, i] { watched_.check(files_[i]); }};
  }

  void run_one(size_t i, const workers::JobHandle& handle) {
    const study::Trial& trial = trials_[i];
    ledger_->start(trial, inputs_[i]);
    const double before = meter_.joules();
    try {
      plan::TrialInputs mine = plan::trial_inputs(trial, tokenizers_);
      double borrowed = 0;  // seconds of losses that another trial has computed for this one, too
      EvaluationHooks hooks = surroundings(i, borrowed);
      hooks.known = known_probes(mine, inputs_[i], options_.hardware.device);
      TrialEvaluator evaluator(
          handle, {.inputs = std::move(mine), .number = i, .device = options_.hardware.device},
          std::move(hooks));
      store::Record record = run_trial(evaluator);
      record.timing.search += borrowed;
      record.timing.energy = meter_.joules() - before;
      ledger_->finish(trial, record);
      hooks_.trial_done(trial, record);
    } catch (const base::FileError& error) {  // it was there when the run began
      watched_.check(files_[i]);
      throw base::since_the_beginning(error);
    } catch (const base::Error& error) {  // of any rank: the other trials go on
      watched_.check(files_[i]);          // a file that changed meanwhile is an interruption
      ledger_->fail(trial, error.what());
      hooks_.trial_failed(trial, error.what());
    }
  }

  size_t failed_count() const {
    return static_cast<size_t>(std::ranges::count_if(
        trials_, [this](const study::Trial& trial) { return ledger_->has_failed(trial); }));
  }

  // The last line: how much is done, and what to do next.
  void say_end() const {
    if (options_.verbosity != Verbosity::progress) return;
    const size_t failed = failed_count(), count = trials_.size();
    const std::string out = base::shell_word(options_.out.string());
    std::string text = base::format("{} of {} trials are done", count - failed, count);
    if (failed > 0)
      text += base::format(", {} failed ({} says why, --retry-failed runs them again)", failed,
                           store::log_folder(options_.out).string());
    fmt::print(stderr, "lorahub: {}; next: lorahub report {}\n", base::printable_line(text), out);
  }

  void say_utilisation(const plan::Prediction& prediction, double seconds, double busy) {
    const double available = seconds * dispatcher_.ranks() * options_.hardware.threads;
    const std::string text =
        base::format("{} rank(s) in {} group(s): busy {:.0f} % of {}, predicted {:.0f} %",
                     dispatcher_.ranks(), prediction.groups, 100 * busy / available,
                     base::duration(seconds), 100 * prediction.utilisation);
    ledger_->log("utilisation", text);
    if (options_.verbosity == Verbosity::progress) fmt::print(stderr, "lorahub: {}\n", text);
  }

  Hooks& hooks_;
  const study::Study& study_;
  const std::vector<study::Trial>& trials_;  // of this call
  const std::vector<store::PlannedTrial> planned_;
  const StudyOptions& options_;
  workers::Dispatcher& dispatcher_;
  base::EnergyMeter meter_;
  plan::Tokenizers tokenizers_;
  std::set<std::string> elsewhere_;
  std::vector<store::Inputs> inputs_;
  plan::WatchedFiles watched_;
  std::vector<plan::WatchedFiles::Set> files_;  // by trial
  std::vector<std::string> devices_;            // by rank
  std::vector<size_t> todo_;                    // places of trials
  plan::StudyCost cost_;                        // of these, in the same order
  std::optional<Ledger> ledger_;
  std::optional<EqualSearches> shared_;  // among the trials of this call
};

}  // namespace

std::vector<store::PlannedTrial> planned(const study::Study& study) {
  std::vector<store::PlannedTrial> plan;
  for (const study::Trial& trial : study.trials)
    plan.push_back({.id = study::id(trial), .knobs = study::columns(trial)});
  return plan;
}

namespace {
// A rank keeps one model in memory. Trials of two models at the same time would load them in turns,
// so then a rank works on one trial at a time.
int trials_at_a_time(const std::vector<study::Trial>& trials, int wanted) {
  const auto other = [&](const study::Trial& trial) {
    return trial.model_path != trials.front().model_path ||
           trial.precision != trials.front().precision;
  };
  return std::ranges::any_of(trials, other) ? 1 : wanted;
}
}  // namespace

int run_study(const std::function<Selection()>& load, StudyOptions options, workers::World& group) {
  Selection selection;
  const auto select = [&] {
    selection = load();
    options.hardware.trials = trials_at_a_time(selection.trials, options.hardware.trials);
  };
  const workers::Service service{
      .threads = options.hardware.threads,
      .stall_timeout = options.stall_timeout,
      .watch = watch(options.hang_timeout),
      .hang_timeout = options.hang_timeout > 0 ? options.hang_timeout : kHangTimeout};
  const auto make_site = [&] {
    if (!group.is_coordinator()) select();
    return std::make_unique<RankServer>(selection.trials, options.hardware, group.member());
  };
  // Outside of what the ranks do together, so that they never wait for a command of the user.
  Hooks hooks(group.is_coordinator() ? options.hooks : HookCommands{});
  return run_on_ranks(group, service, make_site, [&](workers::Dispatcher& dispatcher) {
    dispatcher.note("reading the study");
    select();
    dispatcher.at_a_time(options.hardware.trials);
    hooks.of_study({.name = selection.study.name, .out = options.out.string()});
    StudyRunner runner(selection, options, dispatcher, hooks);
    return told(
        hooks, [&] { return runner.run(); }, [&] { return runner.has_begun(); });
  });
}

}  // namespace lorahub::run
