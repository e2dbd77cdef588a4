#include "tensor/threads.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/signals.hpp"
#include "tensor/cuda/gpu.hpp"

namespace lorahub::tensor {

namespace {

struct Failure {
  std::mutex mutex;
  std::exception_ptr error;
  int item = -1;
};

}  // namespace

void single_threaded() { at::set_num_threads(1); }

void share(int threads, int count, const std::function<void(int)>& work) {
  std::atomic<int> next = 0;
  std::atomic<bool> stop = false;
  Failure failure;
  const auto take = [&] {
    single_threaded();
    for (int item = next++; item < count && !stop; item = next++) {
      try {
        base::throw_if_signalled();  // a test set may take an hour
        work(item);
      } catch (...) {
        const std::lock_guard lock(failure.mutex);
        if (failure.item < 0 || item < failure.item) {
          failure.error = std::current_exception();
          failure.item = item;
        }
        stop = true;
      }
    }
  };
  std::vector<std::jthread> others;
  try {
    for (int i = 1; i < std::min(threads, count); ++i) others.emplace_back(on_this_stream(take));
  } catch (const std::system_error&) {  // the system gives no more: those there are do the work
  }
  take();
  others.clear();  // joins
  if (failure.error) std::rethrow_exception(failure.error);
}

}  // namespace lorahub::tensor
