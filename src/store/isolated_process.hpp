// Runs work that may crash in a process of its own.
#pragma once
#include <functional>
#include <string>

namespace lorahub::store {

struct IsolatedResult {
  std::string text;   // what the work returned
  std::string death;  // how the process ended instead, "" when it did not: "signal 11 (...)"
};

struct IsolatedBounds {
  double seconds = 0;  // of processor time
  size_t bytes = 0;    // the process may take 40 times as much memory, and 2 GiB
};

// Runs `work` in a copy of this process within these bounds. What `work` changes in memory is lost.
IsolatedResult run_isolated(const IsolatedBounds& bounds, const std::function<std::string()>& work);

}  // namespace lorahub::store
