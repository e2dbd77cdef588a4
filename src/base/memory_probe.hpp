// Whether memory is what a process lacks, asked of the system itself.
#pragma once
#include <cstddef>

namespace lorahub::base {

// Whether the system would give this process so many bytes more at this moment. They are given back
// at once. Safe in a signal handler.
bool gets_memory(size_t bytes);

}  // namespace lorahub::base
