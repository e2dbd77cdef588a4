// When MPI begins and ends in this process.
#pragma once
#include <string>

namespace lorahub::workers {

// Calls MPI_Init_thread and MPI_Finalize; there is one per process. Without mpirun or srun the run
// has one rank, and MPI is not called. Call base::block_signals() before. Error when a launcher
// started several copies that don't know of each other: srun without --mpi, or the mpirun of
// another MPI.
class Session {
 public:
  Session();
  ~Session();  // waits for the other ranks, without burning a core
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// For commands of one process, which make no session. Error when a launcher started several copies.
// A script in a Slurm job of several tasks is no error, since it runs once.
void check_started_once(const std::string& command);

// Opens a session, and returns how many ranks are in it.
int count_ranks();

bool mpi_runs();  // initialised and not finalised

// A barrier of all ranks. It sleeps, where MPI_Barrier would keep a core busy.
void meet();

}  // namespace lorahub::workers
