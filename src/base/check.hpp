// Errors of the world (bad input, full disk) as exceptions with one clear sentence.
// `check` is for what a user can mend; `assert` is for our own bugs.
#pragma once
#include <stdexcept>
#include <string>

#include "base/text.hpp"

namespace lorahub::base {

// Bad input or usage. The message says: problem (why it matters), suggestion. Exit code 2.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The run was ended from outside (signal, time limit, lost rank, disk full); the same command goes
// on. Exit code 75.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) {
  throw Error(fmt::format(message, std::forward<Args>(args)...));
}

template <class... Args>
void check(bool ok, fmt::format_string<Args...> message, Args&&... args) {
  if (!ok) fail(message, std::forward<Args>(args)...);
}

}  // namespace lorahub::base
