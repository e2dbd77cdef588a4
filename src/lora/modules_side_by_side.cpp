#include "lora/modules_side_by_side.hpp"

#include <ATen/ATen.h>

#include <numeric>

namespace lorahub::lora {

// Equal ranks: [N, r, in] -> [1, N r, in] and [N, out, r] -> [1, out, N r].
Factors side_by_side(const Pool& pool, size_t place) {
  const at::Tensor &a = pool.a[place], &b = pool.b[place];
  if (a.dim() == 2) return {.a = a.unsqueeze(0), .b = b.unsqueeze(0)};
  return {.a = a.reshape({1, -1, a.size(2)}),
          .b = b.permute({1, 0, 2}).reshape({1, b.size(1), -1})};
}

std::vector<int64_t> widths(const Pool& pool, size_t place) {
  if (pool.a[place].dim() == 2) return pool.ranks[place];
  return std::vector<int64_t>(pool.names.size(), pool.a[place].size(1));
}

at::Tensor spread(const Pool& pool, size_t place, const std::vector<double>& values) {
  const std::vector<int64_t> columns = widths(pool, place);
  at::Tensor matrix = at::zeros(
      {pool.size(), std::accumulate(columns.begin(), columns.end(), int64_t{0})}, at::kFloat);
  int64_t first = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    matrix.select(0, static_cast<int64_t>(i)).narrow(0, first, columns[i]).fill_(values[i]);
    first += columns[i];
  }
  return matrix.to(pool.a.front().device());
}

at::Tensor present_columns(const Pool& pool, size_t place) {
  std::vector<int64_t> columns;
  int64_t first = 0;
  const std::vector<int64_t> all = widths(pool, place);
  for (size_t i = 0; i < all.size(); first += all[i++])
    for (int64_t c = 0; pool.ranks[place][i] > 0 && c < all[i]; ++c) columns.push_back(first + c);
  return at::tensor(columns, at::kLong);
}

}  // namespace lorahub::lora
