// Checks whether the times of a result file can be: of the starts of the program and of its trials.
#pragma once
#include <string_view>

#include "store/check_trial.hpp"
#include "store/starts.hpp"

namespace lorahub::store {

std::vector<StartTime> read_start_times(hid_t file);  // by the number of the start

// Adds to `notes` what honest clocks would not say: a start in the future or before the one that
// went before it, and a trial that took longer than has passed since its start. Clocks of hosts
// differ and are set back, so none of these is a problem. Texts that are no time, or not the same
// in both tables, are: no run writes them.
void check_times(const CheckedContent& content, std::string_view now_utc, Problems& problems,
                 Problems& notes);

}  // namespace lorahub::store
