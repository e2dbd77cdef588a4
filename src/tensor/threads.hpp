// Items of work shared between threads: whoever is free takes the next whole one.
#pragma once
#include <functional>

namespace lorahub::tensor {

// Calls work(0), ..., work(count - 1), each once, from up to `threads` threads whose kernels are
// single-threaded, and on a GPU go to the caller's stream. An exception ends the taking of further
// items; that of the lowest item reached is thrown here, after all have stopped.
void share(int threads, int count, const std::function<void(int)>& work);

// Kernels of the calling thread run on it alone from now on: the bits of a sum depend on how many
// threads take it.
void single_threaded();

}  // namespace lorahub::tensor
