// How long others have been silent, and when it is time to be heard.
#pragma once
#include <cstddef>
#include <vector>

#include "workers/running_time.hpp"

namespace lorahub::workers {

// Seconds (of a RunningTime) since the last call of note(), for each of several ranks.
class Silence {
 public:
  explicit Silence(size_t ranks);
  void note(int rank);
  double of(int rank);

 private:
  RunningTime awake_;
  std::vector<double> heard_;
};

// due() is true at most once in `seconds`.
class Every {
 public:
  explicit Every(double seconds) : seconds_(seconds) {}
  bool due();

 private:
  double seconds_, last_ = -1e9;
};

}  // namespace lorahub::workers
