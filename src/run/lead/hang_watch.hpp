// How long a rank may take for what it is asked, before it counts as hung.
#pragma once
#include "plan/makespan.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

inline constexpr double kHangTimeout = 1800;  // seconds, where the user names no other

// For requests (messages/messages.hpp) that belong to no trial: `hang_timeout` seconds, or
// kHangTimeout where that is 0.
workers::Watch watch(double hang_timeout);

// For the requests of a trial: the same, but 50 times the predicted time where that is longer and
// the user names no time. `work` is in seconds.
workers::Watch watch(double hang_timeout, const plan::SearchWork& work);

}  // namespace lorahub::run
