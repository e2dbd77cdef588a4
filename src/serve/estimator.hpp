// How long jobs take: by the cost model of a study, corrected by what earlier jobs took here.
#pragma once
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "plan/lengths.hpp"
#include "serve/adapt_input.hpp"
#include "serve/probe_input.hpp"
#include "serve/service_job.hpp"

namespace lorahub::serve {

struct Estimate {
  double seconds = 0;                      // 0: not known
  double cost = 0;                         // by the cost model alone
  std::vector<std::string> warnings = {};  // sentences about what is not read or written whole
};

struct ComputingRanks {
  int ranks = 1, threads = 1;  // threads: of a rank
  base::Device device = base::Device::cpu;
};

// Several threads may call any function.
class Estimator {
 public:
  // Measures how fast this machine multiplies. `drafts`: a folder for rows while they are counted.
  Estimator(std::filesystem::path drafts, const ComputingRanks& ranks);

  Estimate adaptation(const AdaptInput& input, const Catalog& catalog) const;
  // How long a probe takes where no module is in the cache of probes. Since most of them may be
  // there, learn() passes over probes.
  Estimate probe(const ProbeInput& input, const Catalog& catalog) const;
  void learn(const ServiceJob& ended);  // how long it took; jobs that did not succeed teach nothing

 private:
  Estimate estimate(const study::Trial& trial, plan::Reads reads, int ranks,
                    const std::string& model) const;
  double factor(const std::string& model) const;
  const std::filesystem::path drafts_;
  const ComputingRanks ranks_;
  const double flops_per_second_;  // of a rank
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<double>> factors_;  // seconds by cost of the last jobs, by model
};

}  // namespace lorahub::serve
