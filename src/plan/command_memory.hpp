// How much memory the commands beside `run` take, from shapes alone, before anything is loaded.
#pragma once
#include "plan/memory.hpp"
#include "plan/memory_check.hpp"
#include "train/train_one.hpp"

namespace lorahub::plan {

// What a rank takes that computes the trial of `shapes` with `threads` threads. `what` names it in
// messages.
Need need(const Shapes& shapes, int threads, std::string what);

// What a rank takes to train the longest of the rows.
Need need(const train::TrainingConfig& config, const train::RowLengths& rows,
          const objective::Hardware& hardware, std::string what);

}  // namespace lorahub::plan
