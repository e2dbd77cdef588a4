#include "train/batches.hpp"

#include <algorithm>
#include <numeric>

#include "base/random.hpp"
#include "base/text.hpp"

namespace lorahub::train {

std::vector<size_t> shuffled(size_t count, uint64_t seed, const std::string& purpose) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  base::Stream stream(seed, purpose);
  for (size_t i = count; i > 1; --i) {
    const auto j = static_cast<size_t>(stream.uniform() * static_cast<double>(i));
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

Batches epoch_batches(std::span<const size_t> lengths, const Shuffle& shuffle, int64_t epoch) {
  constexpr size_t kRun = 50;  // batches sorted together
  std::vector<size_t> order =
      shuffled(lengths.size(), shuffle.seed, base::format("rows/{}", epoch));
  Batches cut;
  for (size_t begin = 0; begin < order.size(); begin += kRun * shuffle.batch) {
    const size_t end = std::min(order.size(), begin + kRun * shuffle.batch);
    const auto run = std::span(order).subspan(begin, end - begin);
    std::ranges::stable_sort(run, [&](size_t a, size_t b) { return lengths[a] > lengths[b]; });
    for (size_t at = 0; at < run.size();) {
      size_t count = std::min(shuffle.batch, run.size() - at);
      if (shuffle.batch_tokens > 0)
        count = std::clamp<size_t>(shuffle.batch_tokens / lengths[run[at]], 1, count);
      const auto batch = run.subspan(at, count);
      cut.emplace_back(batch.begin(), batch.end());
      at += count;
    }
  }
  Batches batches;
  for (const size_t b : shuffled(cut.size(), shuffle.seed, base::format("batches/{}", epoch)))
    batches.push_back(std::move(cut[b]));
  return batches;
}

RowOrder::RowOrder(std::span<const model::Tokens> rows, const Shuffle& shuffle, int64_t accumulate)
    : shuffle_(shuffle), accumulate_(accumulate) {
  for (const model::Tokens& row : rows) lengths_.push_back(row.source.size());
}

const Batches& RowOrder::batches(int64_t epoch) {
  if (epoch != epoch_) {
    batches_ = epoch_batches(lengths_, shuffle_, epoch);
    epoch_ = epoch;
  }
  return batches_;
}

int64_t RowOrder::first_step(int64_t epoch) {
  while (static_cast<int64_t>(first_steps_.size()) <= epoch) {
    const auto last = static_cast<int64_t>(first_steps_.size()) - 1;
    const auto count = static_cast<int64_t>(batches(last).size());
    first_steps_.push_back(first_steps_.back() + (count + accumulate_ - 1) / accumulate_);
  }
  return first_steps_[static_cast<size_t>(epoch)];
}

std::vector<size_t> RowOrder::rows(int64_t step) {
  while (first_steps_.back() <= step) first_step(static_cast<int64_t>(first_steps_.size()));
  const int64_t epoch = std::ranges::upper_bound(first_steps_, step) - first_steps_.begin() - 1;
  const Batches& all = batches(epoch);
  const int64_t first = (step - first_step(epoch)) * accumulate_;
  const int64_t end = std::min(first + accumulate_, static_cast<int64_t>(all.size()));
  std::vector<size_t> rows;
  for (int64_t b = first; b < end; ++b) {
    const auto& batch = all[static_cast<size_t>(b)];
    rows.insert(rows.end(), batch.begin(), batch.end());
  }
  return rows;
}

}  // namespace lorahub::train
