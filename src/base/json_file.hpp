// Files of JSON that others wrote.
#pragma once
#include <string>
#include <string_view>

#include "base/files.hpp"

namespace lorahub::base {

// The text of a file that holds one JSON object; it parses without an error. Error naming file and
// line, and what the file seems to be, where it is something else. `advice` ends the sentence:
// "copy the adapter again".
std::string read_json_object(const Path& file, std::string_view advice);

}  // namespace lorahub::base
