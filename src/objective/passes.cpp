#include "objective/passes.hpp"

#include "tensor/cuda/gpu.hpp"

namespace lorahub::objective {

Passes::Passes(const Subject& subject, lora::Composer compose, std::span<const model::Tokens> pairs)
    : subject_(subject),
      compose_(std::move(compose)),
      pairs_(pairs),
      batcher_(subject.model.batcher(pairs)) {}

std::vector<double> Passes::operator()(std::span<const double> weights, ExampleRun examples) {
  const at::Tensor matrix = compose_.matrix(weights);
  const Plan& known = plan(examples);
  const GraphKey shape(&known, weights.size());
  std::unique_ptr<tensor::CudaGraph> pass = take(shape);
  std::vector<double> sums = known.batch->sums((*pass)(matrix));
  give_back(shape, std::move(pass));
  return sums;
}

// Makes a plan under the lock: the first thread that asks computes it, others wait.
const Passes::Plan& Passes::plan(ExampleRun examples) {
  const std::lock_guard lock(mutex_);
  const std::pair key(examples.first, examples.count);
  const auto found = plans_.find(key);
  if (found != plans_.end()) return found->second;
  const auto some = pairs_.subspan(examples.first, examples.count);
  Plan plan{.batch = batcher_->batch(some), .base = {}};
  if (subject_.narrow != nullptr)
    plan.base = model::delta::trajectory(
        [&](const tensor::Products& by) { subject_.model.loss_sums({}, some, by); });
  tensor::wait_for_gpu(subject_.model.device());  // other threads read it
  return plans_.emplace(key, std::move(plan)).first->second;
}

std::unique_ptr<tensor::CudaGraph> Passes::take(const GraphKey& shape) {
  const std::lock_guard lock(mutex_);
  auto& free = free_[shape];
  if (free.empty())
    return std::make_unique<tensor::CudaGraph>(
        subject_.model.device(),
        [this, plan = shape.first](const at::Tensor& weights) { return losses(*plan, weights); });
  std::unique_ptr<tensor::CudaGraph> last = std::move(free.back());
  free.pop_back();
  return last;
}

void Passes::give_back(const GraphKey& shape, std::unique_ptr<tensor::CudaGraph> pass) {
  const std::lock_guard lock(mutex_);
  free_[shape].push_back(std::move(pass));
}

at::Tensor Passes::losses(const Plan& plan, const at::Tensor& weights) const {
  const model::Adapter adapter = compose_(weights);
  if (subject_.narrow == nullptr) return subject_.model.token_losses(adapter, *plan.batch);
  const std::unique_ptr<tensor::Products> by = subject_.narrow->products(plan.base);
  return subject_.model.token_losses(adapter, *plan.batch, *by);
}

}  // namespace lorahub::objective
