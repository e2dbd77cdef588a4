// What a study costs, trial by trial, as JSON for programs.
#pragma once
#include <string>
#include <vector>

#include "plan/cost.hpp"
#include "study/study.hpp"

namespace lorahub::plan {

struct PlannedFor {
  int ranks = 1;
  std::vector<std::string> missing;  // what a run would not find: a sentence each
};

// One object on one line; each trial has its knobs as they are written, numbers as numbers.
std::string plan_json(const study::Study& study, const StudyCost& cost, const PlannedFor& how);

}  // namespace lorahub::plan
