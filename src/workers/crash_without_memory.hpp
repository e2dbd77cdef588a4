// Open MPI, and other libraries, use memory or files that they asked for and did not get, which is
// a segmentation fault.
#pragma once

namespace lorahub::workers {

// From then on a segmentation fault in a process that gets no memory from the system, or no further
// open file, ends it with 75 and a sentence that names rank and host; any other one ends it as
// before. To be called before MPI_Init, which may crash in the same way.
void name_crashes_without_memory();

}  // namespace lorahub::workers
