// One trial of a result file: whether its tables agree with each other.
#pragma once
#include <set>

#include "store/hdf5.hpp"
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

// Everything of the file that must agree.
struct CheckedContent {
  Results results;
  std::map<std::string, int64_t> hits;     // as /runs says
  std::map<std::string, std::string> ids;  // by id: the one that its knobs give
  std::map<std::string, int64_t> starts;   // by id: the start that made it; empty: not recorded
  std::vector<std::string> origins;        // of the trials that are done
  std::map<std::string, std::vector<EvaluatedCandidate>> evaluations;
  std::map<std::string, std::vector<FaultyCandidate>> faults;
  std::map<std::string, std::set<std::string>> shots;  // hashes of inputs, where recorded
  std::map<std::string, Inputs> inputs;
  std::map<std::string, std::string> failures;
  std::map<std::string, TraceArrays> traces;
  int64_t headers = 0;  // starts of the program
};

// Of a trial that is done: adds what is wrong with it.
void check_trial(const CheckedContent& content, const Row& row, const IsHit& is_hit,
                 Problems& problems);

}  // namespace lorahub::store
