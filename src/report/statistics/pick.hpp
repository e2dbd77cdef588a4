// One draw of a bootstrap.
#pragma once
#include "base/random.hpp"

namespace lorahub::report {

// One of 0 to n - 1, each as likely.
inline size_t pick(base::Stream& random, size_t n) {
  return static_cast<size_t>(uint64_t{random.bits()} * n >> 32);
}

}  // namespace lorahub::report
