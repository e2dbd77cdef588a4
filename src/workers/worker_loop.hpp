// The loop over messages of a rank that is not the coordinator: it computes what it is given.
#pragma once
#include "workers/loop_state.hpp"

namespace lorahub::workers {

// Runs until the coordinator dismisses the rank, and returns the exit code that it gives. Signals
// stay pending. Ends the process with 75 when the coordinator has been silent for too long.
int serve(const LoopState& me);

}  // namespace lorahub::workers
