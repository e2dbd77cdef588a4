// Memory of kernels that run on the CPU.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "tensor/cuda/cuda_on_cpu.hpp"
#include "tensor/cuda/gpu_kernels.cuh"

namespace lorahub::test {

using Floats = std::vector<float>;

// Values in memory with a guard around them, more than a row: NaN around what is read alone, for a
// kernel that uses it computes NaN, and a number around what is written.
inline constexpr float kUnread = std::numeric_limits<float>::quiet_NaN(), kUnwritten = 7;

template <typename T>
class Guarded {
 public:
  Guarded(const Floats& from, float guard) : all_(from.size() + 2 * kGuard) {
    for (T& x : all_) tensor::narrow(guard, x);
    for (size_t i = 0; i < from.size(); ++i) tensor::narrow(from[i], all_[kGuard + i]);
    before_ = all_;
  }
  ~Guarded() {
    const size_t end = all_.size() - kGuard;
    EXPECT_EQ(std::memcmp(all_.data(), before_.data(), kGuard * sizeof(T)), 0);
    EXPECT_EQ(std::memcmp(&all_[end], &before_[end], kGuard * sizeof(T)), 0);
  }
  T* data() { return all_.data() + kGuard; }
  Floats floats() const {
    Floats wide;
    for (size_t i = kGuard; i + kGuard < all_.size(); ++i) wide.push_back(tensor::widen(all_[i]));
    return wide;
  }

 private:
  static constexpr size_t kGuard = 8192;
  std::vector<T> all_, before_;
};

}  // namespace lorahub::test
