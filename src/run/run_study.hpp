// Runs a whole study on many ranks: finds what is left to do, does it, and goes on where an earlier
// run stopped.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "run/lead/hooks.hpp"
#include "run/lead/ledger.hpp"
#include "run/lead/memory_warnings.hpp"
#include "run/rank/rank_server.hpp"
#include "workers/world.hpp"

namespace lorahub::run {

enum class Failed { keep, retry };

struct StudyOptions {
  std::filesystem::path out;  // results folder
  std::string shard;          // "" or "1-of-4"
  objective::Hardware hardware;
  int groups = 0;             // of ranks, each with a trial of its own; 0: as many as end first
  double stall_timeout = 60;  // seconds of silence after which a rank counts as lost
  double hang_timeout = 0;    // seconds after which a rank that has not ended a request, or a lead
                              // that does not go on, counts as hung; 0: as lead/hang_watch.hpp says
  Failed failed = Failed::keep;
  MemoryCheck memory_check = MemoryCheck::refuse;
  Verbosity verbosity = Verbosity::progress;
  HookCommands hooks = {};
  std::string command_line;  // for the record
};

// Every trial of a study, in its order: what a result file has rows for.
std::vector<store::PlannedTrial> planned(const study::Study& study);

// The whole study, for the record, and those of its trials that this call is to run.
struct Selection {
  study::Study study;
  std::vector<study::Trial> trials;
};

// All ranks call it; each loads the study itself. Returns the exit code: 0 all done, 1 some trial
// failed. base::Error: bad input, nothing was changed. base::Interrupted: what is done is kept.
int run_study(const std::function<Selection()>& load, StudyOptions options, workers::World& group);

}  // namespace lorahub::run
