// MPI_Init_thread and MPI_Finalize.
#pragma once
#include <string>

namespace lorahub::workers {

// One per process; without mpirun or srun a group of one rank, MPI untouched. Call
// base::block_signals() before. Error when a launcher started several copies that don't know of
// each other: srun without --mpi, or the mpirun of another MPI.
class Session {
 public:
  Session();
  ~Session();  // waits for the other ranks, without burning a core
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// For commands that one process does, without a session. Error when a launcher started several
// copies. A Slurm job with several tasks is no such thing: its script runs once.
void check_started_once(const std::string& command);

bool mpi_runs();  // initialised and not finalised

// A barrier of all ranks that sleeps: MPI's own waits at 100 % of a core.
void meet();

}  // namespace lorahub::workers
