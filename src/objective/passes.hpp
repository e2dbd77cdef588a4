// Passes over a task's examples for one mixture after another: what does not depend on the weights
// is made once, and on a GPU a pass is one CUDA graph.
#pragma once
#include <list>
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
  // The model to compute by, with delta evaluation where `narrow` is given: then the passes of the
  // `centres` points asked for last are kept. Model and weights must outlive the Passes. On a GPU,
  // other threads than the one that made the Passes may use them once tensor::wait_for_gpu() has
  // returned.
  struct Subject {
    const model::Model& model;
    const model::delta::NarrowWeights* narrow = nullptr;
    int centres = 1;
  };
  Passes(const Subject& subject, lora::Composer compose, std::span<const model::Tokens> pairs);

  // Cross-entropy sums of some of the pairs for weights [P, N] row-major: [P * examples]. Delta
  // evaluation counts moves from `centre` [N]; none: from the base model. Several threads may call
  // at once.
  std::vector<double> operator()(std::span<const double> weights, ExampleRun examples,
                                 std::span<const double> centre = {});

 private:
  // What candidates near one point are computed with.
  struct Surroundings {
    std::shared_ptr<const model::Batch> batch;
    std::vector<double> centre;
    std::once_flag recorded;
    model::delta::Trajectory trajectory;  // of the centre's own pass, for delta evaluation
    std::map<size_t, std::vector<std::unique_ptr<tensor::CudaGraph>>>
        free;  // by how many weights: nobody computes them now
  };
  struct Plan {
    std::shared_ptr<const model::Batch> batch;
    std::list<std::shared_ptr<Surroundings>> around;  // the point asked for last comes first
  };
  Plan& plan(ExampleRun examples);
  std::shared_ptr<Surroundings> around(std::span<const double> centre, ExampleRun examples);
  void record(Surroundings& around) const;
  std::unique_ptr<tensor::CudaGraph> take(Surroundings& around, size_t weights);
  void give_back(Surroundings& around, size_t weights, std::unique_ptr<tensor::CudaGraph> pass);
  at::Tensor losses(const Surroundings& around, const at::Tensor& weights) const;

  const Subject subject_;
  lora::Composer compose_;
  std::span<const model::Tokens> pairs_;
  std::unique_ptr<const model::Batcher> batcher_;
  std::mutex mutex_;
  std::map<std::pair<size_t, size_t>, Plan> plans_;  // by the run's first example and count
};

}  // namespace lorahub::objective
