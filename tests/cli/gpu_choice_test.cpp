// Which GPU a rank takes, of those that its node has.
#include <gtest/gtest.h>

#include "cli/mini_lab.hpp"

namespace lorahub {
namespace {

// What MPI says of a command whose launcher gives the process this place on its node.
std::string seen_by_mpi(const std::string& launcher, const std::string& command) {
  return run_command("env " + launcher +
                     " CUDA_VISIBLE_DEVICES=3,5,7 LD_PRELOAD=" MPI_FOR_GPUS " LORAHUB_CONFIGS=" +
                     kConfigs + " " PROGRAM " " + command)
      .out;
}

TEST(GpuChoice, IsMadeBeforeMpiStartsCuda) {
  const std::string open_mpi =
      "OMPI_COMM_WORLD_RANK=5 OMPI_COMM_WORLD_SIZE=8 OMPI_COMM_WORLD_LOCAL_RANK=1";
  for (const char* command :
       {"run x.yaml", "train x.yaml", "adapt --model mini --library mini --task x --out y"}) {
    EXPECT_EQ(seen_by_mpi(open_mpi, command + std::string(" --device cuda")), "MPI sees GPU 5\n");
    EXPECT_EQ(seen_by_mpi(open_mpi, command), "MPI sees GPU 3,5,7\n") << "on the CPU";
  }
  EXPECT_EQ(seen_by_mpi("PMIX_RANK=6 SLURM_LOCALID=2", "run x.yaml --device cuda"),
            "MPI sees GPU 7\n");
}

}  // namespace
}  // namespace lorahub
