// Computes one job after another on all ranks, each owner's in turns.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "run/rank/rank_server.hpp"
#include "serve/catalog.hpp"
#include "serve/estimator.hpp"
#include "serve/jobs.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::serve {

class JobRunner {
 public:
  struct Uses {
    Jobs& jobs;
    const Catalog& catalog;
    Estimator& estimator;
  };
  // `own`: this process's rank, whose model writes results and answers prompts.
  JobRunner(const Uses& uses, run::RankServer& own, workers::Dispatcher& dispatcher)
      : jobs_(uses.jobs),
        catalog_(uses.catalog),
        estimator_(uses.estimator),
        own_(own),
        dispatcher_(dispatcher) {}

  // Returns by Interrupted alone: a signal, or a lost rank. A job that was under way then waits,
  // and goes on where it was when the service begins again.
  [[noreturn]] void run();

 private:
  struct Search;
  void compute(const ServiceJob& job);
  Jobs::End ended(const ServiceJob& job, Search& search);
  Jobs::End failed(const ServiceJob& job) const;
  Jobs::End adapted(const ServiceJob& job, Search& search);
  Jobs::End answered(const ServiceJob& job, Search& turn);
  Jobs::End probed(const ServiceJob& job, Search& turn);
  void between(const ServiceJob& job, Search& search);
  double answer_short_jobs(const std::string& model, double seconds);
  void answer_for(double seconds, const ServiceJob& job);
  std::vector<std::string>& part_of(const ServiceJob& job);
  Jobs& jobs_;
  const Catalog& catalog_;
  Estimator& estimator_;  // learns how long jobs take
  run::RankServer& own_;
  workers::Dispatcher& dispatcher_;
  struct Part {
    std::string id;
    std::vector<std::string> answers = {};
  };
  std::map<uint64_t, Part> parts_;  // of the answers of jobs that wait for more time, by number
};

}  // namespace lorahub::serve
