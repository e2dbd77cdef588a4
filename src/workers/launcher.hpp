// mpirun, which started this rank.
#pragma once

namespace lorahub::workers {

// After the loss of a host Open MPI's mpirun may wait for it for as long as TCP does (a quarter of
// an hour). Lets a process of its own look on: a launcher that is still there after `seconds` is
// killed, and its shell sees 137. Nothing under srun, which knows of lost nodes by itself.
void end_launcher_after(unsigned seconds);

}  // namespace lorahub::workers
