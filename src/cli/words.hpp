// The words of this process's command line.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workers/rank_identity.hpp"

namespace lorahub::cli {

// As they were typed, from the program's name on.
std::vector<std::string> command_words();

// The numbers of "2:5", where `between` is ':'; nothing of other text, and of numbers of more than
// nine digits.
std::optional<std::pair<int, int>> two_numbers(std::string_view text, char between);

// How many groups of ranks --groups asks for; 0: `auto`. Error for anything else.
int group_count(const std::string& text);

// Says why `text` is no number of seconds from 1 to `most`; "" when it is one. For options of the
// parser, whose own ranges let NaN pass.
std::string wrong_seconds(const std::string& text, double most);
inline constexpr double kMostStall = 86'400, kMostHang = 1e7;  // seconds, of the two timeouts

// What all ranks must have in common: the words after the program's name, and this program.
workers::Identity identity();

}  // namespace lorahub::cli
