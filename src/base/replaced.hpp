// Replaces parts of a text.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

// The text with every `from` (not empty) replaced by `to`, from left to right.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace lorahub::base
