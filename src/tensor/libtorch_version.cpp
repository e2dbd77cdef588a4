#include "tensor/libtorch_version.hpp"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/version.h>

namespace lorahub::tensor {

std::string libtorch_version() { return TORCH_VERSION; }

std::string processor_features() {
  std::string text = at::get_cpu_capability();
#if defined(__x86_64__) && defined(__GNUC__)
  text += __builtin_cpu_is("intel") ? ", Intel" : __builtin_cpu_is("amd") ? ", AMD" : ", other";
  if (__builtin_cpu_supports("x86-64-v4"))
    text += " x86-64-v4";
  else if (__builtin_cpu_supports("x86-64-v3"))
    text += " x86-64-v3";
  if (__builtin_cpu_supports("avx512vnni")) text += " avx512vnni";
  if (__builtin_cpu_supports("avx512bf16")) text += " avx512bf16";
  if (__builtin_cpu_supports("amx-bf16")) text += " amxbf16";
  if (__builtin_cpu_supports("amx-int8")) text += " amxint8";
#endif
  return text;
}

std::string matrix_library() {
  if (at::hasMKL()) return at::get_mkl_version();
  return at::hasLAPACK() ? "a BLAS library other than oneMKL" : "";
}

}  // namespace lorahub::tensor
