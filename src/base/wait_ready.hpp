// Waits for files, pipes and programs by poll().
#pragma once
#include <poll.h>

#include <span>
#include <string_view>

namespace lorahub::base {

// Whether one of the descriptors is ready within so many milliseconds; false, too, where a signal
// came in between. MachineFault where the system can't wait: a process whose limit of open files
// was lowered meanwhile may keep what it has open, but poll() refuses it. `what` begins the
// sentence.
bool wait_ready(std::span<pollfd> descriptors, int milliseconds, std::string_view what);

}  // namespace lorahub::base
