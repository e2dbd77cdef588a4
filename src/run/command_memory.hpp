// What the commands beside `run` take of memory, from shapes alone, before anything is loaded.
#pragma once
#include "run/memory.hpp"
#include "run/room.hpp"
#include "train/unit.hpp"

namespace lorahub::run {

// What a rank with these threads takes that computes the trial.
Need need(const Shapes& shapes, int threads, std::string what);

// What a rank takes to train the longest rows that the unit has.
Need need(const train::Config& config, const train::RowLengths& rows, const Hardware& hardware,
          std::string what);

}  // namespace lorahub::run
