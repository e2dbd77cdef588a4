// What a machine can do, one finding a subject, with a remedy where something is missing.
#pragma once
#include <string>
#include <vector>

#include "doctor/machine.hpp"

namespace lorahub::doctor {

struct MachineFinding {
  std::string subject;  // "GPU"
  bool is_good = true;
  std::string found;       // what there is, or why there is nothing
  std::string suggestion;  // "" where all is well
  bool is_needed = false;  // by `lorahub adapt` on this machine's processors
};

std::vector<MachineFinding> examine(const Machine& machine);

// Whether `lorahub adapt` would work: all that is needed is good.
bool can_adapt(const std::vector<MachineFinding>& findings);

// One line a finding, "ok" or "no" in front, and a sentence at the end.
std::string text_of(const std::vector<MachineFinding>& findings);
std::string json_of(const std::vector<MachineFinding>& findings);

}  // namespace lorahub::doctor
