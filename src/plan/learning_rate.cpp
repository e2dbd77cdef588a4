#include "plan/learning_rate.hpp"

#include <cmath>

#include "base/check.hpp"

namespace lorahub::plan {

void check_training(const study::Trial& trial) {
  if (trial.method != study::Method::gradient) return;
  base::check(std::abs(trial.train.start) <= trial.search.bound,
              "train.start is {} (beyond search.bound, {}), start inside", trial.train.start,
              trial.search.bound);
}

double learning_rate(const study::Trial& trial) {
  if (trial.train.lr > 0) return trial.train.lr;
  switch (trial.method) {
    case study::Method::lora_tuning:
      return 1e-3;
    case study::Method::ia3:
      return 3e-3;
    case study::Method::full:
      return 3e-4;
    default:
      return 0.05;
  }
}

}  // namespace lorahub::plan
