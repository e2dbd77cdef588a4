// The name of this machine.
#pragma once
#include <string>

namespace lorahub::base {

std::string host_name();  // as gethostname() has it, up to 255 bytes

}  // namespace lorahub::base
