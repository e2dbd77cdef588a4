// A clock that stands still while the process does.
#pragma once

namespace lorahub::workers {

// Seconds since the start, as far as somebody looked: a long time without a look does not count,
// for then this process itself was stopped (Slurm suspends all ranks of a job).
class Awake {
 public:
  Awake();
  double seconds();  // look at least once a second

 private:
  double last_look_, seconds_ = 0;
};

}  // namespace lorahub::workers
