// What resampling needs: one draw, and how many threads share the work.
#pragma once
#include "base/cores.hpp"
#include "base/random.hpp"

namespace lorahub::report {

// One of 0 to n - 1, each as likely.
inline size_t pick(base::Stream& random, size_t n) {
  return static_cast<size_t>(uint64_t{random.bits()} * n >> 32);
}

// Threads cost more than they save where a replicate has few values.
inline int worthwhile_threads(size_t values) {
  constexpr size_t kFew = 1000;
  return values < kFew ? 1 : base::usable_cores();
}

}  // namespace lorahub::report
