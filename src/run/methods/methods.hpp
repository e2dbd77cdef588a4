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
};

Choice base_model(const Context& context);  // zero_shot, icl
Choice uniform(const Context& context);
Choice best_single(const Context& context);
Choice searched(const Context& context);  // lorahub, random_lora

// The method's function; Error for a method that this program does not have.
using ChooseWeights = Choice (*)(const Context&);
ChooseWeights method(study::Method method);

}  // namespace lorahub::run
