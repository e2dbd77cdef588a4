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

std::vector<std::vector<size_t>> epoch_batches(std::span<const t5::Pair> rows,
                                               const Shuffle& shuffle, int64_t epoch) {
  constexpr size_t kRun = 50;  // batches sorted together
  std::vector<size_t> order = shuffled(rows.size(), shuffle.seed, base::format("rows/{}", epoch));
  for (size_t begin = 0; begin < order.size(); begin += kRun * shuffle.batch) {
    const size_t end = std::min(order.size(), begin + kRun * shuffle.batch);
    std::stable_sort(
        order.begin() + static_cast<ptrdiff_t>(begin), order.begin() + static_cast<ptrdiff_t>(end),
        [&](size_t a, size_t b) { return rows[a].source.size() > rows[b].source.size(); });
  }
  std::vector<std::vector<size_t>> cut;
  for (size_t begin = 0; begin < order.size(); begin += shuffle.batch) {
    const size_t end = std::min(order.size(), begin + shuffle.batch);
    cut.emplace_back(order.begin() + static_cast<ptrdiff_t>(begin),
                     order.begin() + static_cast<ptrdiff_t>(end));
  }
  std::vector<std::vector<size_t>> batches;
  for (const size_t b : shuffled(cut.size(), shuffle.seed, base::format("batches/{}", epoch)))
    batches.push_back(std::move(cut[b]));
  return batches;
}

}  // namespace lorahub::train
