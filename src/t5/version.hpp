// The LibTorch that computes.
#pragma once
#include <string>

namespace lorahub::t5 {

std::string libtorch_version();  // "2.11.0"

}  // namespace lorahub::t5
