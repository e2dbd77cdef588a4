// Whether this rank reads what rank 0 reads.
#pragma once
#include "run/messages/messages.hpp"
#include "run/rank/own_trials.hpp"

namespace lorahub::run {

// The first thing that this rank reads differently. Files are hashed once each; not at all where
// they are the very files (device, inode, times) that rank 0 has hashed.
Difference compare_reading(const LeadReading& lead, const OwnTrials& own);

}  // namespace lorahub::run
