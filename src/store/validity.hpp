// Finds records of a journal that contradict themselves, although their JSON and their checksum are
// right.
#pragma once
#include <string>
#include <string_view>

#include "store/journal.hpp"

namespace lorahub::store {

// Between an accuracy as it is recorded, in percent, and as the recorded answers give it.
inline constexpr double kPercentTolerance = 1e-9;

bool is_trial_id(std::string_view text);  // 16 hexadecimal digits
bool is_sha256(std::string_view text);    // 64 hexadecimal digits, lower case

// Describes the contradiction; "" when there is none. A record must come with its generations.
std::string contradiction(const Header& header);
std::string contradiction(const Inputs& inputs);
std::string contradiction(const search::Generation& generation);
std::string contradiction(const Record& record);

}  // namespace lorahub::store
