// Whether this build can use a GPU, and what is left of the memory of the one that this process
// computes on.
#pragma once

namespace lorahub::tensor {

bool built_with_cuda();

double gpu_free_memory();  // bytes. Error without a GPU, or in a build without CUDA

}  // namespace lorahub::tensor
