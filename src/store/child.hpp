// Work that may crash, in a process of its own.
#pragma once
#include <functional>
#include <string>

namespace lorahub::store {

struct ChildResult {
  std::string text;   // what the work returned
  std::string death;  // how the process ended instead, "" when it did not: "signal 11 (...)"
};

// Runs `work` in a copy of this process that may take `seconds` of processor time, and as much
// memory as 40 times `bytes` and 2 GiB. What `work` changes stays there.
struct ChildBounds {
  double seconds = 0;
  size_t bytes = 0;
};
ChildResult in_child(const ChildBounds& bounds, const std::function<std::string()>& work);

}  // namespace lorahub::store
