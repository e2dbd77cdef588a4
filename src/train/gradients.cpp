#include "train/gradients.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>

#include "base/random.hpp"
#include "base/text.hpp"
#include "tensor/kernels.hpp"
#include "tensor/threads.hpp"

namespace lorahub::train {
namespace {

struct GradientPart {
  double loss_sum = 0;
  TensorList gradients;
};

// Adds parts in the order of their numbers, whichever is ready first; few parts wait at a time.
class InOrder {
 public:
  void add(size_t number, GradientPart part) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(number, std::move(part));
    for (auto next = waiting_.find(next_); next != waiting_.end(); next = waiting_.find(next_)) {
      sum(std::move(next->second));
      waiting_.erase(next);
      ++next_;
    }
  }
  GradientPart total() && { return std::move(total_); }

 private:
  void sum(GradientPart part) {
    total_.loss_sum += part.loss_sum;
    if (total_.gradients.empty()) {
      total_.gradients = std::move(part.gradients);
      return;
    }
    for (size_t i = 0; i < part.gradients.size(); ++i) total_.gradients[i].add_(part.gradients[i]);
  }

  std::mutex mutex_;
  std::map<size_t, GradientPart> waiting_;
  size_t next_ = 0;
  GradientPart total_;
};

tensor::Dropout dropout(const Noise& noise, size_t tile) {
  base::Stream stream(noise.seed, base::format("dropout/{}/{}", noise.step, tile));
  return {.model = noise.model, .adapter = noise.adapter, .key = {stream.bits(), stream.bits()}};
}

// What the network reads, cut off from how it was made: the tiles differentiate up to here.
struct Read {
  TensorList made;            // by prepare(), with the graph that made them
  TensorList leaves;          // the same values
  std::vector<size_t> moved;  // indices of those that depend on a parameter
};

Read read(const Trainable& trainable, const TensorList& values) {
  Read read{.made = trainable.prepare(values), .leaves = {}, .moved = {}};
  for (size_t i = 0; i < read.made.size(); ++i) {
    const bool moves = read.made[i].requires_grad();
    if (moves) read.moved.push_back(i);
    read.leaves.push_back(read.made[i].detach().requires_grad_(moves));
  }
  return read;
}

TensorList some(const TensorList& all, const std::vector<size_t>& which) {
  TensorList chosen;
  for (const size_t i : which) chosen.push_back(all[i]);
  return chosen;
}

GradientPart tile_gradients(const TrainedModel& trained, const TensorList& leaves,
                            std::span<const model::Tokens> rows, const tensor::Dropout& dropout) {
  const at::Tensor loss = trained.model->reference_loss_sums(trained.adapter, rows, dropout).sum();
  GradientPart part{.loss_sum = loss.item<double>(),
                    .gradients = torch::autograd::grad({loss}, leaves)};
  for (at::Tensor& gradient : part.gradients) gradient = gradient.to(at::kFloat);
  return part;
}

}  // namespace

std::vector<std::vector<size_t>> tiles(std::span<const model::Tokens> batch) {
  std::vector<size_t> order(batch.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return batch[a].source.size() > batch[b].source.size();
  });
  std::vector<std::vector<size_t>> all;
  size_t most = 0;
  for (const size_t row : order) {
    if (all.empty() || all.back().size() == most) {
      all.emplace_back();
      most = std::max<size_t>(1, static_cast<size_t>(kTileTokens) / batch[row].source.size());
    }
    all.back().push_back(row);
  }
  return all;
}

Gradients gradients(const Trainable& trainable, std::span<const model::Tokens> batch,
                    const Noise& noise, int threads) {
  tensor::keep_freed_memory();
  TensorList parameters;
  for (const Parameter& parameter : trainable.parameters)
    parameters.push_back(parameter.value.detach().requires_grad_());
  const Read now = read(trainable, parameters);
  const TrainedModel model = trainable.place(now.leaves);
  const TensorList leaves = some(now.leaves, now.moved);
  const auto cut = tiles(batch);
  InOrder sums;
  tensor::share(threads, static_cast<int>(cut.size()), [&](int t) {
    const auto tile = static_cast<size_t>(t);
    std::vector<model::Tokens> rows;
    for (const size_t row : cut[tile]) rows.push_back(batch[row]);
    sums.add(tile, tile_gradients(model, leaves, rows, dropout(noise, tile)));
  });
  GradientPart total = std::move(sums).total();
  Gradients result{.loss_sum = total.loss_sum, .tokens = 0, .of_mean = {}};
  for (const model::Tokens& pair : batch) result.tokens += static_cast<int64_t>(pair.target.size());
  const TensorList made = some(now.made, now.moved);
  for (size_t i = 0; i < made.size(); ++i)
    total.gradients[i] =
        total.gradients[i].div_(static_cast<double>(result.tokens)).to(made[i].scalar_type());
  result.of_mean = torch::autograd::grad(made, parameters, total.gradients);
  return result;
}

}  // namespace lorahub::train
