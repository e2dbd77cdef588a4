// How long a rank may take for what it is asked, before it counts as hung.
#pragma once
#include "plan/makespan.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

inline constexpr double kHangTimeout = 1800;  // seconds, where the user names no other

// Of requests (requests.hpp) without a trial: `hang_timeout` seconds; 0: kHangTimeout.
workers::Watch watch(double hang_timeout);

// Of a trial's: as long, or 50 times what is predicted where that is longer and the user names no
// other. `work`: in seconds.
workers::Watch watch(double hang_timeout, const plan::Work& work);

}  // namespace lorahub::run
