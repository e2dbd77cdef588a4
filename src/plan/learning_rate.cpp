#include "plan/learning_rate.hpp"

#include <cmath>

#include "base/check.hpp"
#include "study/trial.hpp"

namespace lorahub::plan {

void check_training(const study::Trial& trial) {
  if (trial.method != study::Method::gradient) return;
  base::check(std::abs(trial.train.start) <= trial.search.bound,
              "train.start is {} (beyond search.bound, {}), start inside", trial.train.start,
              trial.search.bound);
}

double learning_rate(const study::Trial& trial) {
  return trial.train.lr > 0 ? trial.train.lr : study::info(trial.method).learning_rate;
}

}  // namespace lorahub::plan
