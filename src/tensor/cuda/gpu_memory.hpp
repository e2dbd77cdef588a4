// What is left of the memory of the GPU that this process computes on.
#pragma once

namespace lorahub::tensor {

double gpu_free_memory();  // bytes. Error without a GPU, or in a build without CUDA

}  // namespace lorahub::tensor
