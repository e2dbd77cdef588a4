// The knob `retrieve`: which of a trial's candidate modules go into its search.
#pragma once
#include <string>
#include <vector>

#include "run/load.hpp"
#include "run/probe.hpp"
#include "task/task.hpp"

namespace lorahub::run {

struct Retrieval {
  const study::Trial& trial;
  const task::Task& task;
  const std::vector<lora::Module>& modules;  // the candidates, in order
};

// The modules kept, in the candidates' order; all of them where retrieve is none or asks for as
// many. Each rank finds the same ones by itself.
std::vector<lora::Module> retrieved(const objective::Machine& machine, const Retrieval& retrieval);

}  // namespace lorahub::run
