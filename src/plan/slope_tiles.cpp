#include "plan/slope_tiles.hpp"

#include <algorithm>

#include "train/gradients.hpp"

namespace lorahub::plan {
namespace {

// Padded source tokens that a tile has at most, unless one shot has more. CPU: enough rows to keep
// the kernels busy, and few, since each tile is computed by one thread. GPU: as many as
// train::gradients computes in one pass.
double most_tokens(base::Device device) {
  return device == base::Device::cpu ? 128 : static_cast<double>(train::kTileTokens);
}

double targets(const std::vector<Lengths::RowLengths>& shots, size_t first, size_t count) {
  double sum = 0;
  for (size_t i = first; i < first + count; ++i) sum += shots[i].target;
  return sum;
}

// The number of shots from `first` on, before `end`, that make a tile.
size_t fitting(const std::vector<Lengths::RowLengths>& shots, size_t first, size_t end,
               double most) {
  double longest = 0;
  size_t count = 0;
  for (; first + count < end; ++count) {
    longest = std::max(longest, shots[first + count].source);
    if (count > 0 && longest * static_cast<double>(count + 1) > most) break;
  }
  return count;
}

}  // namespace

std::vector<SlopeTile> slope_tiles(const objective::LossParts& parts,
                                   const std::vector<Lengths::RowLengths>& shots,
                                   base::Device device) {
  std::vector<SlopeTile> tiles;
  for (const auto& [begin, length] : parts.runs) {
    const double all = targets(shots, begin, length) * parts.divisor;
    for (size_t first = begin; first < begin + length; first += tiles.back().count) {
      const size_t count = fitting(shots, first, begin + length, most_tokens(device));
      tiles.push_back(
          {.first = first, .count = count, .share = targets(shots, first, count) / all});
    }
  }
  return tiles;
}

}  // namespace lorahub::plan
