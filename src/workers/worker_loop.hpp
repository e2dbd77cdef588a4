// A rank that is not the coordinator: computes what it is given.
#pragma once
#include "workers/loop_state.hpp"

namespace lorahub::workers {

// Until dismissed; returns the exit code given. Signals stay pending. Ends the process with 75 when
// the coordinator has been silent for too long.
int serve(const LoopState& me);

}  // namespace lorahub::workers
