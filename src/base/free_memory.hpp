// How much more memory this process may take, by each limit that it meets.
#pragma once
#include <string>
#include <vector>

#include "base/files.hpp"

namespace lorahub::base {

struct MemoryLimit {
  std::string name;   // "the memory of the machine", for people
  std::string place;  // the same text for all processes that share it: "machine", the folder of a
                      // control group; "" for a limit of this process alone
  double free = 0;    // bytes
};

// The limits of the machine (MemAvailable), of control groups of version 1 and 2 (what they may
// still take, with the files' pages that they would give up) and of ulimit -v. What can't be read
// is no limit. /proc and /sys lie under `root`.
std::vector<MemoryLimit> memory_limits(const Path& root = "/");

}  // namespace lorahub::base
