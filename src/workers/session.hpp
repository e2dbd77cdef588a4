// MPI_Init_thread and MPI_Finalize.
#pragma once

namespace lorahub::workers {

// One per process; without mpirun or srun a group of one rank, MPI untouched. Call
// base::block_signals() before. Error when srun started several copies that don't know of each
// other.
class Session {
 public:
  Session();
  ~Session();  // waits for the other ranks, without burning a core
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

bool mpi_runs();  // initialised and not finalised

// A barrier of all ranks that sleeps: MPI's own waits at 100 % of a core.
void meet();

}  // namespace lorahub::workers
