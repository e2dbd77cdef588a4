#include "report/statistics/paired_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/random.hpp"
#include "base/shared_work.hpp"
#include "report/statistics/resampling.hpp"

namespace lorahub::report {
namespace {

constexpr int kReplicates = 10000, kBlock = 500;

Eigen::MatrixXf resampled_rows(size_t rows) {
  base::Stream random(1, "rows");
  const auto n = static_cast<Eigen::Index>(rows);
  Eigen::MatrixXf times = Eigen::MatrixXf::Zero(kReplicates, n);
  for (Eigen::Index r = 0; r < times.rows(); ++r)
    for (Eigen::Index i = 0; i < n; ++i)
      times(r, static_cast<Eigen::Index>(pick(random, rows))) += 1;
  return times;
}

// [replicate * draws]: which draw stands at each place.
std::vector<uint32_t> resampled_draws(size_t draws) {
  base::Stream random(1, "draws");
  std::vector<uint32_t> chosen(kReplicates * draws);
  for (uint32_t& draw : chosen) draw = static_cast<uint32_t>(pick(random, draws));
  return chosen;
}

template <class Made>
const Made& made_once(std::map<size_t, Made>& known, size_t size, Made (*make)(size_t)) {
  const auto found = known.find(size);
  return found != known.end() ? found->second : known.emplace(size, make(size)).first->second;
}

}  // namespace

double mcnemar(long only_first, long only_second) {
  const long n = only_first + only_second;
  const auto log_n = std::lgamma(static_cast<double>(n) + 1);
  double tail = 0;
  for (long i = 0; i <= std::min(only_first, only_second); ++i)
    tail += std::exp(log_n - std::lgamma(static_cast<double>(i) + 1) -
                     std::lgamma(static_cast<double>(n - i) + 1) -
                     static_cast<double>(n) * std::log(2.0));
  return std::min(1.0, 2 * tail);
}

Interval PairedBootstrap::operator()(const std::vector<std::vector<int>>& differences) {
  const size_t draws = differences.size(), rows = differences.at(0).size();
  assert(rows > 0);
  Eigen::MatrixXf table(rows, draws);
  for (size_t d = 0; d < draws; ++d)
    for (size_t r = 0; r < rows; ++r)
      table(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(d)) =
          static_cast<float>(differences[d][r]);
  const Eigen::MatrixXf& times = made_once(times_, rows, resampled_rows);
  const std::vector<uint32_t>& chosen = made_once(chosen_, draws, resampled_draws);
  std::vector<double> found(kReplicates);
  base::share_work(worthwhile_threads(rows * draws), kReplicates / kBlock, [&](int block) {
    // [replicate, draw]: whole numbers, so that any order of the sums gives the same bits.
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> sums =
        times.middleRows(Eigen::Index{block} * kBlock, kBlock) * table;
    for (size_t i = 0; i < kBlock; ++i) {
      const size_t replicate = static_cast<size_t>(block) * kBlock + i;
      for (size_t d = 0; d < draws; ++d)
        found[replicate] +=
            static_cast<double>(sums.data()[i * draws + chosen[replicate * draws + d]]);
    }
  });
  std::ranges::sort(found);
  const double scale = 100 / static_cast<double>(rows * draws);
  return {.value = scale * static_cast<double>(table.sum()),
          .low = scale * found[kReplicates / 40 - 1],
          .high = scale * found[kReplicates - kReplicates / 40]};
}

}  // namespace lorahub::report
