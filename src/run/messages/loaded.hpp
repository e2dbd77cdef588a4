// What a rank replies when it has loaded a trial.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lorahub::run {

struct Loaded {
  int64_t truncated_from = 0;        // largest rank of a module before SVD; 0: all as trained
  std::vector<std::string> modules;  // candidates: all, or those that `retrieve` by
                                     // similarity or text left
};
std::string encode(const Loaded& loaded);
Loaded read_loaded(const std::string& reply);

}  // namespace lorahub::run
