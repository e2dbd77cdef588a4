// Texts as numbers, in C's notation whatever the language of the system.
#pragma once
#include <charconv>
#include <optional>
#include <string_view>

namespace lorahub::base {

// The number that the whole text is; nothing where it is none, or more follows.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace lorahub::base
