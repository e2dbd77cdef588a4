// The knob `retrieve` by similarity, text or norm, which each rank decides alone. By probe and by
// slope the coordinator decides (TrialEvaluator::narrow), with losses that all ranks compute.
#pragma once
#include <string>
#include <vector>

#include "objective/load_model.hpp"
#include "task/task.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

struct Retrieval {
  const study::Trial& trial;
  const task::Task& task;
  const std::vector<lora::Module>& modules;  // the candidates, in order
};

// The modules kept, in the candidates' order. All candidates are kept where `retrieve` is none, or
// asks for no fewer than there are. Each rank finds the same ones.
std::vector<lora::Module> retrieved(const Retrieval& retrieval);

}  // namespace lorahub::run
