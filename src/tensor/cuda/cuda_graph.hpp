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
  // A function of a tensor on the device. It must do the same steps whatever the values, read
  // besides its input only tensors that stay where they are, and never wait for the device (no copy
  // to or from it).
  using Work = std::function<at::Tensor(const at::Tensor& input)>;
  CudaGraph(base::Device device, Work work);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  // Computes `work`. Input and result lie in host memory; the input's shape and type must be those
  // of the first call. The second call records the graph (by then the libraries below are set up,
  // and the function is known to be asked for again); later calls replay it, with the same bits.
  // Work that can't be recorded is computed without a graph, and stderr says why, once. One thread
  // at a time may call. On the CPU this only calls `work`.
  at::Tensor operator()(const at::Tensor& input);

  bool is_recorded() const;

 private:
  struct State;
  base::Device device_;
  Work work_;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::tensor
