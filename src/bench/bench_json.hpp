// A measurement of a machine as JSON, of which `lorahub plan --rate` reads the rate.
#pragma once
#include <string>

#include "bench/bench.hpp"

namespace lorahub::bench {

// What was measured, and on what.
struct MeasuredOn {
  std::string model, precision, device;
  int threads = 1;
};

std::string bench_json(const MeasuredOn& on, const BenchResult& b);

}  // namespace lorahub::bench
