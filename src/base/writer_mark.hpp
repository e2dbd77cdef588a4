// Tells what a process is writing from what others write, and from what killed ones have left.
#pragma once
#include <string>

namespace lorahub::base {

// "HOST-PID-NUMBER": another one at each call.
std::string writer_mark();

// Whether a text that begins with such a mark is of a process of this host that is gone.
bool is_writer_gone(const std::string& mark);

}  // namespace lorahub::base
