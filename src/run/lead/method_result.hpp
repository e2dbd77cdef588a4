// What a method chose: the weights that answer the test rows, or the answers themselves where it
// trained other weights.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "search/minimize.hpp"

namespace lorahub::run {

struct MethodResult {
  std::vector<double> weights = {};                        // [N]; empty: the base model
  double loss = std::numeric_limits<double>::quiet_NaN();  // of the weights, on the shots
  std::vector<search::Generation> generations = {};        // what was evaluated on the way
  std::vector<std::string> answers = {};  // of the test rows; empty: the weights answer them
  std::vector<double> shot_sums = {};     // [K], where they are not those of the weights
  // Of methods that follow a gradient:
  long steps = 0;
  long backwards = 0;  // examples whose gradient was taken, each with a forward of its own
};

}  // namespace lorahub::run
