#include "tensor/threads.hpp"

#include <ATen/Parallel.h>

#include "base/shared_work.hpp"
#include "tensor/cuda/gpu.hpp"

namespace lorahub::tensor {

void single_threaded() { at::set_num_threads(1); }

void share(int threads, int count, const std::function<void(int)>& work) {
  base::share_work(threads, count, work, [](base::ThreadBody body) {
    return on_this_stream([body = std::move(body)] {
      single_threaded();
      body();
    });
  });
}

}  // namespace lorahub::tensor
