// The coordinator's loop over messages: it sends requests out and takes outcomes in, while `lead`
// runs in a thread of its own.
#pragma once
#include "workers/loop_state.hpp"

namespace lorahub::workers {

int coordinate(const LoopState& me, const Lead& lead);  // returns what World::run does

}  // namespace lorahub::workers
