// A clock that stands still while the process does.
#pragma once

namespace lorahub::workers {

double steady_seconds();  // of a clock that never goes back, from some moment on

// Counts the seconds since it was made, but at most 2 between two calls of seconds(): in a longer
// gap this process itself was stopped (Slurm suspends all ranks of a job).
class RunningTime {
 public:
  RunningTime();
  double seconds();  // to be called at least once a second

 private:
  double last_look_, seconds_ = 0;
};

}  // namespace lorahub::workers
