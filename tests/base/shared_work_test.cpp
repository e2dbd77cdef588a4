// How items are shared out is tested where kernels use it (tests/tensor/threads_test.cpp).
#include "base/shared_work.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace lorahub::base {
namespace {

TEST(SharedWork, WhatIsPutAroundAThreadIsDoneOnceInEach) {
  std::atomic<int> begun = 0, done = 0;
  const auto around = [&](ThreadBody body) {
    return ThreadBody([&begun, body = std::move(body)] {
      ++begun;
      body();
    });
  };
  share_work(
      3, 20, [&](int) { ++done; }, around);
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(done, 20);
}

TEST(SharedWork, TheExceptionOfTheLowestItemIsThrown) {
  std::atomic<int> inside = 0;
  const auto fail = [&](int item) {
    ++inside;
    while (inside < 2) {
    }
    throw std::runtime_error(std::to_string(item));
  };
  try {
    share_work(2, 2, fail);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "0");
  }
}

}  // namespace
}  // namespace lorahub::base
