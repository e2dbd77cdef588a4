#include "tensor/threads.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lorahub::tensor {
namespace {

TEST(Share, DoesEachItemOnce) {
  for (const int threads : {1, 2, 3, 50}) {
    std::vector<std::atomic<int>> done(20);
    share(threads, 20, [&](int item) { ++done[static_cast<size_t>(item)]; });
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
  share(3, 0, [](int) { FAIL() << "there is nothing to do"; });
}

TEST(Share, UsesTheThreadsAskedFor) {
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  share(2, 2, [&](int) {  // ends only when both are inside, or after a long wait
    ++inside;
    for (int i = 0; i < 2000 && inside < 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    met = inside == 2;
  });
  EXPECT_TRUE(met);
}

TEST(Share, OneThreadIsTheCallers) {
  share(1, 3, [caller = std::this_thread::get_id()](int) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
}

TEST(Share, CarriesAnExceptionOutAndStops) {
  for (const int threads : {1, 3}) {
    std::atomic<int> done = 0;
    const auto work = [&](int item) {
      ++done;
      if (item == 4) throw std::out_of_range("four");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    EXPECT_THROW(share(threads, 1000, work), std::out_of_range);
    EXPECT_LT(done, 500);
    EXPECT_GE(done, 5);
  }
}

}  // namespace
}  // namespace lorahub::tensor
