// Work of kernels shared between threads.
#pragma once
#include <functional>

namespace lorahub::tensor {

// As base::share_work(), from threads whose kernels are single-threaded, and on a GPU go to the
// caller's stream.
void share(int threads, int count, const std::function<void(int)>& work);

// Kernels of the calling thread run on it alone from now on: the bits of a sum depend on how many
// threads take it.
void single_threaded();

}  // namespace lorahub::tensor
