// Runs of a study, grouped: a condition (a method and whatever else the study varies), by task,
// with the draws that each trial stands for.
#pragma once
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "report/statistics/bootstrap.hpp"
#include "store/hdf5.hpp"

namespace lorahub::report {

// The numbers, from 1, of a trial's draws of modules, of shots and of the search seed; 0 where the
// method reads none.
using FactorLevels = std::array<int, kFactors>;

struct Point {
  FactorLevels draw{};
  const store::Finding* trial = nullptr;
};

struct Condition {
  std::string name;  // "lorahub", or "lorahub modules=10" where modules vary
  std::string method;
  size_t place = 0;  // its colour: compositions first, then what they are compared with
  std::map<std::string, std::string> knobs;         // of its first trial
  std::map<std::string, std::vector<Point>> tasks;  // done trials
  size_t trials = 0;
  Interval accuracy;  // percent, mean over tasks
};

struct Summary {
  std::string study, question;
  std::map<std::string, std::string> environment;
  std::vector<std::string> tasks;     // in the order of the file
  std::vector<Condition> conditions;  // likewise
  // Knobs that tell conditions of a method apart, by method.
  std::map<std::string, std::vector<std::string>> varied;
  // Each trial once: where several shards have it, one that is done comes before one that is not.
  std::shared_ptr<const std::vector<store::Finding>> trials;
  std::vector<std::string> unfinished;  // "E1_isa_letter lorahub seed 2: failed (why)"
  size_t done = 0;
  FactorLevels draws{};  // how many there are of modules, of shots, of search seeds
  size_t unplanned = 0;  // done, but not in the last plan
  size_t dropped = 0;    // test rows left out, of all trials
  size_t faults = 0;     // candidates that could not be evaluated
  std::string origins;   // a sentence where unlike machines or programs made the trials
};

// Summarises the shards of one study, or one file.
Summary summarise(std::vector<store::ResultFindings> shards);
Summary summary_of(const std::filesystem::path& folder);  // of its result files

// "" where the trial's method does not read the knob.
std::string knob(const std::map<std::string, std::string>& knobs, const std::string& name);

// The name without what says the value of one knob: "lorahub cma" of "lorahub modules=5 cma".
std::string name_without(const Summary& summary, const Condition& condition,
                         const std::string& left_out);

// Accuracies in percent, one stratum a task.
std::vector<Stratum> accuracies(const Condition& condition);

}  // namespace lorahub::report
