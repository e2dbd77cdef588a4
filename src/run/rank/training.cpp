#include "run/rank/training.hpp"

namespace lorahub::run {

MethodResult train(const TrainingInputs& bench) {
  return bench.brief.trial.method == study::Method::gradient ? gradient(bench) : tuned(bench);
}

}  // namespace lorahub::run
