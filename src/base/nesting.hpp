// JSON of others, before it is parsed.
#pragma once
#include <string_view>

namespace lorahub::base {

// The text itself; "", which is no JSON, where it opens more than 500 lists and objects inside each
// other: values are copied, compared and written by recursion, so that a file of brackets would end
// the program.
std::string_view shallow_json(std::string_view text);

}  // namespace lorahub::base
