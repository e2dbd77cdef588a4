// Runs another program to its end.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace lorahub::base {

struct ProcessOutput {
  int code = 0;  // 128 + signal when killed
  std::string out, err;
};

// `words` are the program, looked up in PATH, and its arguments; no shell reads them. Returns
// nothing when this machine has no such program. Error when it can't be started for another reason.
std::optional<ProcessOutput> run_program(const std::vector<std::string>& words);

}  // namespace lorahub::base
