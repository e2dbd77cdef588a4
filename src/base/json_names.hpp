// Names within JSON objects, which readers of JSON take the last value of in silence.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::base {

// A name that one object of the text has twice; nothing where there is none, or the text is no
// JSON.
std::optional<std::string> name_given_twice(std::string_view json);

}  // namespace lorahub::base
