// Messages that a run recorded, as people read them.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::store {

// One line: without the stack trace and the addresses that libraries put behind their errors, and
// without control characters. At most `longest` bytes.
std::string sentence(std::string_view message, size_t longest = 500);

}  // namespace lorahub::store
