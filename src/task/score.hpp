// Official scoring: equality after strip, lower-case and removal of every '.'.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::task {

std::string normalise(std::string_view answer);
bool is_hit(std::string_view answer, std::string_view target);

// The options listed in a prompt, as answers ("(A)", "(B)", ..., or the lines "- yes" under "Options:"); {} if none.
std::vector<std::string> options(std::string_view prompt);

}  // namespace lorahub::task
