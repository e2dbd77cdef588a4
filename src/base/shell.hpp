// Runs a command of the user's own shell.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

struct ShellOutput {
  int code = 0;         // 128 + signal when killed
  std::string text;     // the beginning of what it printed, on both streams
  bool in_time = true;  // false: it was killed
};

// `command` is read by /bin/sh; `input` is its standard input. It and all that it has started in
// its process group are killed after `seconds`. It sees the default signals, and none of the
// variables of the launcher of ranks, so that it may start programs of MPI itself. Error when no
// shell can be started. Several threads may call it.
ShellOutput run_shell(const std::string& command, std::string_view input, double seconds);

}  // namespace lorahub::base
