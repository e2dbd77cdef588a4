// Passes over a task's examples for one mixture after another: what does not depend on the weights
// is made once, and on a GPU a pass is one CUDA graph.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "lora/pool.hpp"
#include "model/delta/delta.hpp"
#include "model/model.hpp"
#include "model/tokens.hpp"
#include "objective/loss_kinds.hpp"
#include "tensor/cuda/cuda_graph.hpp"

namespace lorahub::objective {

class Passes {
 public:
  // The model to compute by, with delta evaluation where `narrow` is given. Both must outlive the
  // Passes. On a GPU, other threads than the one that made the Passes may use them once
  // tensor::wait_for_gpu() has returned.
  struct Subject {
    const model::Model& model;
    const model::delta::NarrowWeights* narrow = nullptr;
  };
  Passes(const Subject& subject, lora::Composer compose, std::span<const model::Tokens> pairs);

  // Cross-entropy sums of some of the pairs for weights [P, N] row-major: [P * examples]. Several
  // threads may call at once.
  std::vector<double> operator()(std::span<const double> weights, ExampleRun examples);

 private:
  struct Plan {
    std::unique_ptr<const model::Batch> batch;
    model::delta::Trajectory base;  // the base model's own pass, for delta evaluation
  };
  using GraphKey = std::pair<const Plan*, size_t>;  // and how many weights
  const Plan& plan(ExampleRun examples);
  std::unique_ptr<tensor::CudaGraph> take(const GraphKey& shape);
  void give_back(const GraphKey& shape, std::unique_ptr<tensor::CudaGraph> pass);
  at::Tensor losses(const Plan& plan, const at::Tensor& weights) const;

  const Subject subject_;
  lora::Composer compose_;
  std::span<const model::Tokens> pairs_;
  std::unique_ptr<const model::Batcher> batcher_;
  std::mutex mutex_;
  std::map<std::pair<size_t, size_t>, Plan> plans_;  // by the run's first example and count
  std::map<GraphKey, std::vector<std::unique_ptr<tensor::CudaGraph>>>
      free_;  // nobody computes them now
};

}  // namespace lorahub::objective
