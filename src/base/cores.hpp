// The processors that this process may use.
#pragma once

namespace lorahub::base {

int usable_cores();  // by its affinity: mpirun and Slurm bind ranks to some
int online_cores();  // of the node

}  // namespace lorahub::base
