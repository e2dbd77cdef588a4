// Checks whether the times in a result file, of the starts of the program and of its trials, are
// possible.
#pragma once
#include <string_view>

#include "store/check_trial.hpp"
#include "store/starts.hpp"

namespace lorahub::store {

std::vector<StartTime> read_start_times(hid_t file);  // by the number of the start

// Adds to `notes` what honest clocks would not say: a start in the future or before the one that
// went before it, and a trial that took longer than the time since the start of the program that
// made it. Clocks of hosts differ and are set back, so none of these is a problem of the file. A
// text that is no time, or a start whose times in /headers/starts and /headers/environment differ,
// is added to `problems`, since no run writes it.
void check_times(const CheckedContent& content, std::string_view now_utc, Problems& problems,
                 Problems& notes);

}  // namespace lorahub::store
