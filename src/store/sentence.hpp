// Makes messages that a run recorded readable.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::store {

// Returns one line without the stack trace and the addresses that libraries put behind their
// errors, and without control characters. At most `longest` bytes.
std::string sentence(std::string_view message, size_t longest = 500);

}  // namespace lorahub::store
