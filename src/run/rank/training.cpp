#include "run/rank/training.hpp"

namespace lorahub::run {

Choice train(const Bench& bench) {
  return bench.brief.trial.method == study::Method::gradient ? gradient(bench) : tuned(bench);
}

}  // namespace lorahub::run
