// Commands whose work is shared by the ranks of one mpirun or srun.
#pragma once
#include <functional>
#include <string>

#include "cli/report_error.hpp"
#include "objective/load_model.hpp"
#include "workers/world.hpp"

namespace lorahub::cli {

// Calls `work` on every rank, once the ranks have met with signals blocked and, where the device is
// "cuda", this rank's GPU chosen. Its errors are told before the session ends: once an mpirun was
// asked to stop, MPI_Finalize waits until it kills the ranks. Returns the exit code.
struct RankSession {
  std::string device = "cpu";
  ErrorForm errors = ErrorForm::text;
};
int in_session(const RankSession& session, const std::function<int(workers::World&)>& work);

// The same with the ranks' hardware; `asked` is --device and --threads.
struct AskedHardware {
  std::string device = "cpu";
  int threads = 0;  // 0: cores / ranks on this node
};
int on_ranks(AskedHardware asked,
             const std::function<int(workers::World&, const objective::Hardware&)>& work);

}  // namespace lorahub::cli
