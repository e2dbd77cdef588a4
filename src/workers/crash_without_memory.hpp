// Open MPI uses memory that it asked for and did not get, which is a segmentation fault.
#pragma once

namespace lorahub::workers {

// To be called after MPI_Init. From then on a segmentation fault in a process that gets no memory
// from the system ends it with 75 and a sentence that names rank and host; any other one ends it as
// before.
void name_crashes_without_memory();

}  // namespace lorahub::workers
