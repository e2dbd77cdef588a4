#include "objective/rate.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "base/clock.hpp"

namespace lorahub::objective {

double gemm_flops_per_second() {
  constexpr int64_t n = 1024;
  at::set_num_threads(1);
  const at::Tensor a = at::ones({n, n}), b = at::ones({n, n});
  at::Tensor c = at::empty({n, n});
  double best = 1e9;
  for (const base::Stopwatch all; all.seconds() < 0.2;) {
    const base::Stopwatch one;
    at::mm_out(c, a, b);
    best = std::min(best, one.seconds());
  }
  return 2.0 * n * n * n / best;
}

}  // namespace lorahub::objective
