// What the commands beside `run` take of memory, from shapes alone, before anything is loaded.
#pragma once
#include "plan/memory.hpp"
#include "plan/memory_check.hpp"
#include "train/unit.hpp"

namespace lorahub::plan {

// What a rank with these threads takes that computes the trial.
Need need(const Shapes& shapes, int threads, std::string what);

// What a rank takes to train the longest rows that the unit has.
Need need(const train::Config& config, const train::RowLengths& rows,
          const objective::Hardware& hardware, std::string what);

}  // namespace lorahub::plan
