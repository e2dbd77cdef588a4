// The start of MPI in a process that a launcher has started, and its end where that fails.
#pragma once

namespace lorahub::workers {

// MPI_Init. On a machine that lacks threads, memory or open files the process ends with 75 and a
// sentence that names rank and host, where Open MPI itself would end it with 1, or not at all.
// MachineFault where too few files may be opened.
void start_mpi();

}  // namespace lorahub::workers
