#include "run/messages/training_result.hpp"

#include "base/check.hpp"

namespace lorahub::run {

void TrainingResult::check() const {
  base::check(steps >= 0 && backwards >= 0,
              "a rank's training came back in another form (the ranks may be different builds), "
              "start the same program on all nodes");
}

}  // namespace lorahub::run
