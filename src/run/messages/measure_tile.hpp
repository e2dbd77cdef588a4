// What a rank does with a tile that it is given.
#pragma once
#include <optional>
#include <string>

#include "search/population.hpp"

namespace lorahub::run {

// What a rank can measure: candidates of `dim` weights on `examples` examples.
struct Measurable {
  int dim = 0, examples = 0;
};
// Decodes a tile, computes its sums by the `local` measure and encodes them. Error when the tile is
// damaged, or does not fit `here`.
std::string measure_unit(const std::string& unit, const search::Measure& local,
                         const std::optional<Measurable>& here = {});

}  // namespace lorahub::run
