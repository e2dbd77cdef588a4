// Checks whether the tables of a result file agree about one trial.
#pragma once
#include <set>

#include "store/hdf5.hpp"
#include "store/result_file.hpp"
#include "store/trace.hpp"

namespace lorahub::store {

using Problems = std::vector<std::string>;

struct EvaluatedCandidate {
  int64_t generation, candidate;
  double loss;
};
struct FaultyCandidate {
  int64_t generation, candidate;
};
struct ShotLosses {  // [K]
  std::vector<double> sums;
  std::vector<int> tokens;
};
struct StartTime {
  std::string of_table, of_environment;  // "2026-01-31T12:00:00Z"
};

// What the tables of the file say, as far as it must agree.
struct CheckedContent {
  Results results;
  std::map<std::string, int64_t> hits;     // by trial id, as /runs says
  std::map<std::string, std::string> ids;  // by trial id: the id that its knobs give
  std::map<std::string, int64_t> starts;   // by trial id: the start that made it; empty: unknown
  std::vector<std::string> origins;        // of the trials that are done
  std::map<std::string, std::vector<EvaluatedCandidate>> evaluations;
  std::map<std::string, std::vector<FaultyCandidate>> faults;
  std::map<std::string, std::set<std::string>> shots;  // hashes of inputs, where recorded
  std::map<std::string, ShotLosses> shot_losses;       // where recorded
  std::map<std::string, Inputs> inputs;
  std::map<std::string, std::string> failures;
  std::map<std::string, TraceArrays> traces;
  int64_t headers = 0;                 // starts of the program
  std::vector<StartTime> start_times;  // by the number of the start
  std::string plan_problem;            // as plan_problem() says
};

// Adds to `problems` what is wrong with a trial that is done.
void check_trial(const CheckedContent& content, const ResultRow& row, const TaskRules& rules,
                 Problems& problems);

}  // namespace lorahub::store
