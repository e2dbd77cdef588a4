#include "objective/passes.hpp"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "tensor/cuda/gpu.hpp"

namespace lorahub::objective {

Passes::Passes(const Subject& subject, lora::Composer compose, std::span<const model::Tokens> pairs)
    : subject_(subject),
      compose_(std::move(compose)),
      pairs_(pairs),
      batcher_(subject.model.batcher(pairs)) {}

std::vector<double> Passes::operator()(std::span<const double> weights, ExampleRun examples,
                                       std::span<const double> centre) {
  const at::Tensor matrix = compose_.matrix(weights);
  const std::shared_ptr<Surroundings> here = around(centre, examples);
  // The first thread that asks records the trajectory, others wait.
  if (subject_.narrow != nullptr) std::call_once(here->recorded, [&] { record(*here); });
  std::unique_ptr<tensor::CudaGraph> pass = take(*here, weights.size());
  std::vector<double> sums = here->batch->sums((*pass)(matrix));
  give_back(*here, weights.size(), std::move(pass));
  return sums;
}

// To be called under the lock: the first thread that asks makes a plan, others wait.
Passes::Plan& Passes::plan(ExampleRun examples) {
  const std::pair key(examples.first, examples.count);
  const auto found = plans_.find(key);
  if (found != plans_.end()) return found->second;
  Plan plan{.batch = batcher_->batch(pairs_.subspan(examples.first, examples.count)), .around = {}};
  tensor::wait_for_gpu(subject_.model.device());  // other threads read it
  return plans_.emplace(key, std::move(plan)).first->second;
}

std::shared_ptr<Passes::Surroundings> Passes::around(std::span<const double> centre,
                                                     ExampleRun examples) {
  if (subject_.narrow == nullptr) centre = {};
  const std::lock_guard lock(mutex_);
  Plan& known = plan(examples);
  const auto found = std::ranges::find_if(
      known.around, [&](const auto& each) { return std::ranges::equal(each->centre, centre); });
  if (found != known.around.end()) {
    known.around.splice(known.around.begin(), known.around, found);
    return known.around.front();
  }
  while (std::ssize(known.around) >= subject_.centres) known.around.pop_back();
  known.around.push_front(std::make_shared<Surroundings>());
  known.around.front()->batch = known.batch;
  known.around.front()->centre.assign(centre.begin(), centre.end());
  return known.around.front();
}

void Passes::record(Surroundings& around) const {
  const c10::InferenceMode inference;
  const model::Adapter adapter =
      around.centre.empty() ? model::Adapter{} : compose_(std::span<const double>(around.centre));
  around.trajectory = model::delta::trajectory(
      [&](const tensor::Products& by) { subject_.model.token_losses(adapter, *around.batch, by); });
  tensor::wait_for_gpu(subject_.model.device());  // other threads read it
}

// The graph belongs to the surroundings that it refers to.
std::unique_ptr<tensor::CudaGraph> Passes::take(Surroundings& around, size_t weights) {
  const std::lock_guard lock(mutex_);
  auto& free = around.free[weights];
  if (free.empty())
    return std::make_unique<tensor::CudaGraph>(
        subject_.model.device(),
        [this, &around](const at::Tensor& matrix) { return losses(around, matrix); });
  std::unique_ptr<tensor::CudaGraph> last = std::move(free.back());
  free.pop_back();
  return last;
}

void Passes::give_back(Surroundings& around, size_t weights,
                       std::unique_ptr<tensor::CudaGraph> pass) {
  const std::lock_guard lock(mutex_);
  around.free[weights].push_back(std::move(pass));
}

at::Tensor Passes::losses(const Surroundings& around, const at::Tensor& weights) const {
  const model::Adapter adapter = compose_(weights);
  if (subject_.narrow == nullptr) return subject_.model.token_losses(adapter, *around.batch);
  const std::unique_ptr<tensor::Products> by = subject_.narrow->products(around.trajectory);
  return subject_.model.token_losses(adapter, *around.batch, *by);
}

}  // namespace lorahub::objective
