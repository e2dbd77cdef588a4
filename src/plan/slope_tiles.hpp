// How the gradient of a loss on the shots is cut into requests: by the shots and the kind of device
// alone, so that its bits depend on no rank.
#pragma once
#include <vector>

#include "base/device.hpp"
#include "objective/loss_kinds.hpp"
#include "plan/lengths.hpp"

namespace lorahub::plan {

// Shots next to each other. The loss is the sum over all tiles of `share` times the mean cross
// entropy of a target token of the tile.
struct SlopeTile {
  size_t first = 0, count = 0;
  double share = 0;
};
std::vector<SlopeTile> slope_tiles(const objective::LossParts& parts,
                                   const std::vector<Lengths::RowLengths>& shots,
                                   base::Device device);

}  // namespace lorahub::plan
