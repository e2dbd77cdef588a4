// Few examples in, one composed adapter out, outside any study.
#pragma once
#include "run/deliver.hpp"
#include "run/lead/memory_warnings.hpp"
#include "run/lead/trial_evaluator.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

struct Adapted {
  std::vector<std::string> modules;  // [N]
  std::vector<double> weights;       // [N]
  double loss = 0, zero_loss = 0;    // on the shots, with the penalty; zero_loss: at w = 0
  std::vector<double> single_loss;   // [N], each module alone at weight 1; empty unless asked for
  int evaluations = 0;  // of the search; the base and the single modules come on top: 1 or N + 1
  Delivered delivered;
};

struct Adaptation {
  study::Trial trial;
  int loss_batch = 0;   // examples of a batch, as in objective::LossRule
  search::Added added;  // a term added to each loss of the search, beside the trial's penalty
  bool single_losses = true;
  MemoryCheck memory_check = MemoryCheck::refuse;
};

// Runs the trial's search on all ranks, whose plan consists of this trial alone, and writes the
// composed adapter or merged model with its card.
Adapted adapt(workers::Dispatcher& dispatcher, const Adaptation& adaptation,
              const objective::Hardware& hardware, const Output& output);

}  // namespace lorahub::run
