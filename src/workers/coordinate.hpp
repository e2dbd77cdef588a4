// The coordinator: passes tasks out and outcomes in while `lead` thinks.
#pragma once
#include "workers/loop_state.hpp"

namespace lorahub::workers {

int coordinate(const LoopState& me, const Lead& lead);  // as World::run

}  // namespace lorahub::workers
