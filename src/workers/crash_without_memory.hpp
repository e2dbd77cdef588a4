// Names the cause of a crash for lack of memory or of open files: Open MPI and other libraries use
// what they asked for without looking whether they got it, and end in a segmentation fault.
#pragma once

namespace lorahub::workers {

// From this call on, a segmentation fault in a process that gets no memory from the system, or no
// further open file, ends the process with exit code 75 and a sentence that names rank and host;
// any other segmentation fault ends it as before. To be called before MPI_Init, which may crash in
// the same way.
void name_crashes_without_memory();

}  // namespace lorahub::workers
