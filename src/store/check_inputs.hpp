// Checks whether the trials of a result file agree about what they read.
#pragma once
#include "store/check_trial.hpp"

namespace lorahub::store {

// Adds to `problems` each hash that is missing, is none, or belongs to two contents.
void check_inputs(const CheckedContent& content, Problems& problems);

}  // namespace lorahub::store
