// A function that is computed again and again on the GPU, as one CUDA graph: the host launches the
// graph instead of thousands of kernels, and waits once, for the result.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>

#include "base/device.hpp"

namespace lorahub::tensor {

class CudaGraph {
 public:
  // Of a tensor on the device. `work` does the same steps whatever the values, reads besides only
  // tensors that stay where they are, and nowhere waits for the device (no copy to or from it).
  using Work = std::function<at::Tensor(const at::Tensor& input)>;
  CudaGraph(base::Device device, Work work);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  // Input and result in host memory; the input's shape and type are those of the first call. The
  // second call, when the libraries below are set up and the function is known to be asked for
  // again, records; later ones replay, with the same bits. What can't be recorded goes on without,
  // and stderr says why, once. From one thread at a time. On the CPU it is `work`.
  at::Tensor operator()(const at::Tensor& input);

  bool is_recorded() const;

 private:
  struct State;
  base::Device device_;
  Work work_;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::tensor
