#include "run/rank/training.hpp"

namespace lorahub::run {

MethodResult train(const TrainingInputs& inputs) {
  return inputs.inputs.trial.method == study::Method::gradient ? gradient(inputs) : tuned(inputs);
}

}  // namespace lorahub::run
