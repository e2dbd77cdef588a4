#include "base/shared_work.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/signals.hpp"

namespace lorahub::base {
namespace {

// The exception of the lowest item that failed.
class LowestFailure {
 public:
  void add(int item, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (item_ >= 0 && item_ < item) return;
    error_ = std::move(error);
    item_ = item;
  }
  void throw_if_any() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  int item_ = -1;
};

}  // namespace

void share_work(int threads, int count, const std::function<void(int)>& work,
                const AroundThread& around) {
  std::atomic<int> next = 0;
  std::atomic<bool> stop = false;
  LowestFailure failure;
  ThreadBody take = [&] {
    for (int item = next++; item < count && !stop; item = next++) {
      try {
        throw_if_signalled();  // a test set may take an hour
        work(item);
      } catch (...) {
        failure.add(item, std::current_exception());
        stop = true;
      }
    }
  };
  if (around) take = around(std::move(take));
  std::vector<std::jthread> others;
  try {
    for (int i = 1; i < std::min(threads, count); ++i) others.emplace_back(take);
  } catch (const std::system_error&) {  // the system gives no more: those there are do the work
  }
  take();
  others.clear();  // joins
  failure.throw_if_any();
}

}  // namespace lorahub::base
