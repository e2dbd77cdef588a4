// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include <limits>
#include <vector>

#include "run/context.hpp"

namespace lorahub::run {

struct Choice {
  std::vector<double> weights;                             // [N]; empty: the base model
  double loss = std::numeric_limits<double>::quiet_NaN();  // of the weights, on the shots
  std::vector<search::Generation> generations;             // what was evaluated on the way
  // Of trainings:
  std::string trained;            // train::bytes of what answers instead of a mixture; "": none
  std::vector<double> shot_sums;  // [K] of it
  long steps = 0;
  long backwards = 0;  // examples whose gradient was taken, each with a forward of its own
};

Choice base_model(const Context& context);  // zero_shot, icl
Choice uniform(const Context& context);
Choice best_single(const Context& context);
Choice searched(const Context& context);  // lorahub, random_lora
Choice tuned(const Context& context);     // lora_tuning, ia3, full
Choice gradient(const Context& context);

using ChooseWeights = Choice (*)(const Context&);
ChooseWeights method(study::Method method);

}  // namespace lorahub::run
