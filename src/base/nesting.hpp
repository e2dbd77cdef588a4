// Guards against JSON that is nested too deeply, before it is parsed.
#pragma once
#include <string_view>

namespace lorahub::base {

// Returns the text itself, or "", which is no JSON, where it opens more than 500 lists and objects
// inside each other: JSON values are copied, compared and written by recursion, so that a file of
// brackets would overflow the stack.
std::string_view shallow_json(std::string_view text);

}  // namespace lorahub::base
