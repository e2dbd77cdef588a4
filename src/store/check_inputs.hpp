// Checks whether the trials of a result file agree about what they read.
#pragma once
#include "store/check_trial.hpp"

namespace lorahub::store {

// Adds to `problems` each input hash that is missing or is no SHA-256, and each input that two
// trials read with different hashes.
void check_inputs(const CheckedContent& content, Problems& problems);

}  // namespace lorahub::store
