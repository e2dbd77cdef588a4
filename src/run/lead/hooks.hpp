// Commands of the user that are told what a run has done: for notifications and trackers. Nothing
// that such a command does, fails to do or never ends changes the run or is waited for by it.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "store/record.hpp"
#include "study/study.hpp"

namespace lorahub::run {

struct HookCommands {
  std::string trial;     // a shell command for each trial that ends; "": none
  std::string study;     // for the end of the run; "": none
  double patience = 30;  // seconds after which a command is killed
};

struct HookStudy {
  std::string name, out;  // out: its results folder
};

// A command that fails or hangs is named on standard error, the first time.
class Hooks {
 public:
  explicit Hooks(HookCommands commands);
  // Waits for the commands that are still to be called, for as long as one may take.
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  void of_study(HookStudy study);  // before anything is told
  void will_run(size_t trials);    // how many are left to do

  // Each gives its command one JSON object on standard input, and returns at once.
  void trial_done(const study::Trial& trial, const store::Record& record);
  void trial_failed(const study::Trial& trial, const std::string& why);
  void study_ended(const std::string& state);  // done, or failed: some trial has
  void study_interrupted(const std::string& why);

 private:
  struct Call {
    std::string option, command, input;
  };
  struct Tally {  // of trials of this run
    size_t all = 0, done = 0, failed = 0;
  };
  Tally tally(size_t Tally::*ended = nullptr);  // adds one to the count `ended`, if any, first
  void add(Call call);
  void work();
  void make(const Call& call, double seconds);

  HookCommands commands_;
  HookStudy study_;
  bool has_failed_ = false;  // the thread's own
  std::mutex mutex_;         // guards the members below, and patience
  std::condition_variable changed_;
  std::deque<Call> calls_;
  Tally tally_;
  bool is_ending_ = false;
  std::thread thread_;
};

// Calls `work`, which runs a study, returns its exit code and tells the hooks how it ended. What
// `work` throws is told as an interruption only where `has_begun` says that the run has begun to
// write results, and is thrown on.
int told(Hooks& hooks, const std::function<int()>& work, const std::function<bool()>& has_begun);

}  // namespace lorahub::run
