// What to do about mpirun, which started this rank, when a host is lost.
#pragma once

namespace lorahub::workers {

// After the loss of a host Open MPI's mpirun may wait for it for as long as TCP does (a quarter of
// an hour). So this starts a process of its own that kills a launcher that still runs after 10 s;
// its shell sees exit code 137. It does nothing under srun, which notices lost nodes itself. It
// needs no memory.
void end_lingering_launcher();

}  // namespace lorahub::workers
