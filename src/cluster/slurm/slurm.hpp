// Slurm as one of the program's batch systems.
#pragma once
#include "cluster/scheduler.hpp"

namespace lorahub::cluster::slurm {

Scheduler scheduler();

}  // namespace lorahub::cluster::slurm
