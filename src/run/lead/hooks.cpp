#include "run/lead/hooks.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/escape.hpp"
#include "base/printable.hpp"
#include "base/shell.hpp"
#include "base/text.hpp"

namespace lorahub::run {
namespace {

using nlohmann::json;

constexpr double kPatienceOfInterruption = 5;  // seconds: who interrupts a run waits for its end

json number(double x) { return std::isfinite(x) ? json(x) : json(nullptr); }

json about_study(const char* event, const HookStudy& study, const std::string& state) {
  json told = json::object();
  told["event"] = event;
  told["study"] = study.name;
  told["out"] = study.out;
  told["state"] = state;
  return told;
}

json of_trial(const HookStudy& study, const study::Trial& trial, const std::string& state) {
  json told = about_study("trial", study, state);
  told["id"] = study::id(trial);
  told["label"] = study::label(trial);
  told["knobs"] = json::object();
  for (const auto& [name, value] : study::columns(trial))
    if (!value.empty()) told["knobs"][name] = value;
  return told;
}

template <class Tally>
std::string text(json told, const Tally& tally) {
  told["trials"] = tally.all;
  told["done"] = tally.done;
  told["failed"] = tally.failed;
  return base::json_text(told) + "\n";
}

void say(const std::string& sentence) {
  fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
}

}  // namespace

Hooks::Hooks(HookCommands commands) : commands_(std::move(commands)) {
  if (commands_.trial.empty() && commands_.study.empty()) return;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {
    say("--on-trial and --on-study are not called (no further thread can be started)");
    commands_ = {};
  }
}

Hooks::~Hooks() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Hooks::of_study(HookStudy study) { study_ = std::move(study); }

void Hooks::will_run(size_t trials) {
  const std::lock_guard lock(mutex_);
  tally_.all = trials;
}

Hooks::Tally Hooks::tally(size_t Tally::*ended) {
  const std::lock_guard lock(mutex_);
  if (ended != nullptr) ++(tally_.*ended);
  return tally_;
}

void Hooks::add(Call call) {
  if (call.command.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  changed_.notify_all();
}

void Hooks::trial_done(const study::Trial& trial, const store::Record& record) {
  if (commands_.trial.empty() && commands_.study.empty()) return;
  json told = of_trial(study_, trial, "done");
  told["accuracy"] = number(record.accuracy);
  told["loss"] = number(record.best_loss);
  told["evaluations"] = record.counts.evaluations;
  add({.option = "--on-trial",
       .command = commands_.trial,
       .input = text(std::move(told), tally(&Tally::done))});
}

void Hooks::trial_failed(const study::Trial& trial, const std::string& why) {
  if (commands_.trial.empty() && commands_.study.empty()) return;
  json told = of_trial(study_, trial, "failed");
  told["why"] = base::printable_line(why);
  add({.option = "--on-trial",
       .command = commands_.trial,
       .input = text(std::move(told), tally(&Tally::failed))});
}

void Hooks::study_ended(const std::string& state) {
  add({.option = "--on-study",
       .command = commands_.study,
       .input = text(about_study("study", study_, state), tally())});
}

void Hooks::study_interrupted(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    commands_.patience = std::min(commands_.patience, kPatienceOfInterruption);
  }
  json told = about_study("study", study_, "interrupted");
  told["why"] = base::printable_line(why);
  add({.option = "--on-study",
       .command = commands_.study,
       .input = text(std::move(told), tally())});
}

// Calls the commands one after another. At the end all that are left have the time of one.
void Hooks::work() {
  base::Stopwatch ending;
  for (bool was_ending = false;;) {
    Call call;
    double seconds = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_ending_ || !calls_.empty(); });
      if (is_ending_ && !std::exchange(was_ending, true)) ending = {};
      seconds = commands_.patience - (was_ending ? ending.seconds() : 0);
      if (calls_.empty() || seconds <= 0) break;
      call = std::move(calls_.front());
      calls_.pop_front();
    }
    make(call, seconds);
  }
  if (!calls_.empty())
    say(
        base::format("{} call(s) of --on-trial and --on-study are left out (those before took too "
                     "long)",
                     calls_.size()));
}

void Hooks::make(const Call& call, double seconds) {
  std::string problem;
  try {
    const base::ShellOutput output = base::run_shell(call.command, call.input, seconds);
    const std::string said = base::strip(output.text.substr(0, output.text.find('\n')));
    if (!output.in_time)
      problem = base::format("it was killed after {:.0f} s", seconds);
    else if (output.code != 0)
      problem = base::format("it ended with {}{}{}", output.code, said.empty() ? "" : ": ", said);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (problem.empty() || std::exchange(has_failed_, true)) return;
  say(base::format("{} '{}' failed ({}), the run goes on and further failures are not told",
                   call.option, call.command, problem));
}

int told(Hooks& hooks, const std::function<int()>& work, const std::function<bool()>& has_begun) {
  try {
    const int code = work();
    hooks.study_ended(code == 0 ? "done" : "failed");
    return code;
  } catch (const std::exception& error) {
    if (has_begun()) hooks.study_interrupted(error.what());
    throw;
  }
}

}  // namespace lorahub::run
