// The coordinator: passes tasks out and outcomes in while `lead` thinks.
#pragma once
#include "workers/rank.hpp"

namespace lorahub::workers {

int coordinate(const Rank& me, const Lead& lead);  // as World::run

}  // namespace lorahub::workers
