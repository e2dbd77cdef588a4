// For LD_PRELOAD: an MPI that starts CUDA in MPI_Init, as those for GPUs do. It says which GPUs
// CUDA would show the process from then on, and ends the process.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" int MPI_Init_thread(int*, char***, int, int*) {
  const char* const gpus = std::getenv("CUDA_VISIBLE_DEVICES");
  std::printf("MPI sees GPU %s\n", gpus == nullptr ? "?" : gpus);
  std::fflush(stdout);
  ::_exit(0);
}
