// The kind of device that a process computes on.
#pragma once

namespace lorahub::base {

enum class Device { cpu, cuda };

}  // namespace lorahub::base
