// How much of a node's memory a trial takes, from its shapes alone. Each term follows the code that
// allocates it, in model/t5 (its memory.hpp) or in objective/passes.
#pragma once
#include "base/device.hpp"
#include "model/architecture.hpp"
#include "plan/lengths.hpp"
#include "search/population.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

inline constexpr int kPublishedRank = 16;  // of modules that are not here to be read

struct Shapes {
  const study::Trial& trial;
  const model::Architecture& architecture;
  const Lengths& lengths;
  search::TileShape tile;  // the tile of a search
  int candidates = 0;      // modules read
  int modules = 0;         // mixed, of the candidates
  base::Device device = base::Device::cpu;
};

// Bytes.
struct Memory {
  double shared = 0;    // once for the ranks of a node: weights, modules
  double held = 0;      // of each rank, while it has the trial loaded
  double computed = 0;  // of each computing thread besides, at its largest step
  double of_rank(int threads) const { return held + threads * computed; }
};
Memory memory(const Shapes& shapes);

}  // namespace lorahub::plan
