// The processors that this process may use, and the memory of its node.
#pragma once

namespace lorahub::base {

int usable_cores();        // by the process's affinity: mpirun and Slurm bind ranks to cores
int online_cores();        // of the node
double physical_memory();  // of the node, bytes

}  // namespace lorahub::base
