#include "objective/passes.hpp"

#include "tensor/cuda/gpu.hpp"

namespace lorahub::objective {

namespace {
base::Device device_of(const model::t5::Network& network) {
  return network.embedding.is_cuda() ? base::Device::cuda : base::Device::cpu;
}
}  // namespace

Passes::Passes(const Model& model, lora::Composer compose, std::span<const model::Pair> pairs)
    : model_(model),
      compose_(std::move(compose)),
      biases_(model::t5::biases(model.network, pairs)) {}

std::vector<double> Passes::operator()(std::span<const double> weights,
                                       std::span<const model::Pair> examples) {
  const at::Tensor matrix = compose_.matrix(weights);
  const Plan& known = plan(examples);
  const Shape shape(&known, weights.size());
  std::unique_ptr<tensor::Recorded> pass = take(shape);
  std::vector<double> sums = model::t5::sums(known.batch, (*pass)(matrix));
  give_back(shape, std::move(pass));
  return sums;
}

// Made under the lock: the first thread that asks computes, others wait for it.
const Passes::Plan& Passes::plan(std::span<const model::Pair> examples) {
  const std::lock_guard lock(mutex_);
  const std::pair key(examples.data(), examples.size());
  const auto found = plans_.find(key);
  if (found != plans_.end()) return found->second;
  Plan plan{.batch = model::t5::pack(model_.network, examples, biases_), .base = {}};
  if (model_.narrow != nullptr) plan.base = model::t5::base_trajectory(model_.network, examples);
  tensor::wait_for_gpu(device_of(model_.network));  // other threads read it
  return plans_.emplace(key, std::move(plan)).first->second;
}

std::unique_ptr<tensor::Recorded> Passes::take(const Shape& shape) {
  const std::lock_guard lock(mutex_);
  auto& free = free_[shape];
  if (free.empty())
    return std::make_unique<tensor::Recorded>(
        device_of(model_.network),
        [this, plan = shape.first](const at::Tensor& weights) { return losses(*plan, weights); });
  std::unique_ptr<tensor::Recorded> last = std::move(free.back());
  free.pop_back();
  return last;
}

void Passes::give_back(const Shape& shape, std::unique_ptr<tensor::Recorded> pass) {
  const std::lock_guard lock(mutex_);
  free_[shape].push_back(std::move(pass));
}

at::Tensor Passes::losses(const Plan& plan, const at::Tensor& weights) const {
  const model::Adapter adapter = compose_(weights);
  if (model_.narrow == nullptr) return model::t5::token_losses(model_.network, adapter, plan.batch);
  const std::unique_ptr<tensor::Products> by = model_.narrow->products(plan.base);
  return model::t5::token_losses(model_.network, adapter, plan.batch, *by);
}

}  // namespace lorahub::objective
