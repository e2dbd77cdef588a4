// Computes one job after another on all ranks.
#pragma once
#include "objective/hardware.hpp"
#include "serve/catalog.hpp"
#include "serve/jobs.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::serve {

class JobRunner {
 public:
  JobRunner(Jobs& jobs, const Catalog& catalog, const objective::Hardware& hardware,
            workers::Dispatcher& dispatcher)
      : jobs_(jobs), catalog_(catalog), hardware_(hardware), dispatcher_(dispatcher) {}

  // Returns by Interrupted alone: a signal, or a lost rank. A job that was under way then waits,
  // and goes on where it was when the service begins again.
  [[noreturn]] void run();

 private:
  void compute(const ServiceJob& job);
  Jobs::End adapted(const ServiceJob& job);
  Jobs& jobs_;
  const Catalog& catalog_;
  const objective::Hardware& hardware_;
  workers::Dispatcher& dispatcher_;
};

}  // namespace lorahub::serve
