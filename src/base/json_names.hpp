// The names within JSON objects: readers of JSON take the last value of a name that stands twice,
// in silence.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::base {

// The first name that one object of the text has twice; nothing where there is none, or where the
// text is no JSON up to there. It reads the text by itself: a callback of nlohmann's parser would
// do, but with one the parser looks through a whole list again after each object in it.
std::optional<std::string> name_given_twice(std::string_view json);

}  // namespace lorahub::base
