// A knob and its value as they are written: "key=value" of the command line (--set, --only).
#pragma once
#include <string>
#include <utility>

namespace lorahub::study {

using Setting = std::pair<std::string, std::string>;

}  // namespace lorahub::study
