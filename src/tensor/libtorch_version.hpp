// The LibTorch that computes.
#pragma once
#include <string>

namespace lorahub::tensor {

std::string libtorch_version();  // "2.11.0"

// The features of this processor that choose between kernels that round differently, such as
// "AVX512, Intel x86-64-v4 avx512vnni": LibTorch's choice (ATEN_CPU_CAPABILITY lowers it), then
// what the libraries below it and our own kernels look at.
std::string processor_features();

// The library of LibTorch's matrix products, with its version; "" where it has none.
std::string matrix_library();

}  // namespace lorahub::tensor
