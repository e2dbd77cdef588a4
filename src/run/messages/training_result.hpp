// The reply of a rank that trained weights of a network: what they cost, and the answers that they
// give.
#pragma once
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"

namespace lorahub::run {

struct TrainingResult {
  double loss = std::numeric_limits<double>::quiet_NaN();  // on the shots, official, no penalty
  std::vector<std::string> answers;                        // of the test rows
  std::vector<double> shot_sums;                           // [K], nats
  long steps = 0;
  long backwards = 0;  // examples whose gradient was taken, each with a forward of its own

  static constexpr auto kFields =
      std::tuple(&TrainingResult::loss, &TrainingResult::answers, &TrainingResult::shot_sums,
                 &TrainingResult::steps, &TrainingResult::backwards);
  void check() const;  // Error where a count is negative
};

}  // namespace lorahub::run
