// What mpirun and srun say to the processes that they start, in variables of their environment.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::base {

// Whether this process was started by a launcher that tells MPI about the ranks: mpirun of Open MPI
// or MPICH, or srun with --mpi=pmix or pmi2.
bool is_launched_by_mpi();
bool is_launched_by_open_mpi();

// The number of this process among those of its launch; nothing where no launcher of MPI says it.
std::optional<int> launched_rank();

// Its number among those of its launch on this node, which is known before MPI begins; nothing
// where no launcher says it.
std::optional<int> launched_rank_on_node();

// How many copies of a process were started together, as the innermost launcher says: mpirun on the
// nodes of a Slurm step, say, comes before the step.
struct LaunchedCopies {
  int count = 1;
  std::string said_by;  // "PMI_SIZE=4"; "" where no launcher says it
};
LaunchedCopies launched_copies();

// Whether the variable ("NAME=value") makes a program of MPI take itself for a rank of this launch.
// Settings of Open MPI that a user made are none of these.
bool is_of_launcher(std::string_view variable);

}  // namespace lorahub::base
