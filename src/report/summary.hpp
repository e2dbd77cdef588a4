// Runs of a study, grouped: a condition (a method and whatever else the study varies) by task.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "report/bootstrap.hpp"
#include "store/hdf5.hpp"

namespace lorahub::report {

struct Condition {
  std::string name;  // "lorahub", or "lorahub modules=10" where modules vary
  std::map<std::string, std::string> knobs;             // of its first trial
  std::map<std::string, std::vector<double>> accuracy;  // by task: one value a draw, percent
  double evaluations = 0, tokens = 0,
         seconds = 0;  // mean of a trial; tokens and seconds with the answers
  Interval pooled;     // mean over tasks
  bool has_difference = false;
  Interval difference;  // to zero_shot, on the tasks that both have
};

struct Summary {
  std::string study, question;
  std::vector<std::string> tasks;       // in the order of the file
  std::vector<Condition> conditions;    // likewise
  std::vector<std::string> unfinished;  // "E1_isa_letter lorahub seed 2: failed"
  size_t done = 0;
};

// Of the shards of one study, or of one file.
Summary summarise(const std::vector<store::Results>& shards);

}  // namespace lorahub::report
