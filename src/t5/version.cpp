#include "t5/version.hpp"

#include <torch/version.h>

namespace lorahub::t5 {

std::string libtorch_version() { return TORCH_VERSION; }

}  // namespace lorahub::t5
