// A measure without a model, for tests of those who share work out.
#pragma once
#include <cmath>
#include <span>
#include <vector>

#include "search/population.hpp"

namespace lorahub::test {

// A loss that depends on all weights and the example in bits that any slip would change.
inline double formula(std::span<const double> weights, int example) {
  double sum = 0.1 * example;
  for (const double w : weights) sum = std::sin(sum * 3.7 + w) + w * w / (1.0 + example);
  return sum;
}

// The formula for each candidate and example of each tile.
inline std::vector<std::vector<double>> measure(const search::Population& population,
                                                std::span<const search::Tile> tiles) {
  std::vector<std::vector<double>> sums;
  for (const search::Tile& tile : tiles) {
    std::vector<double>& of_tile = sums.emplace_back();
    for (int p = 0; p < tile.candidates; ++p)
      for (int k = 0; k < tile.examples; ++k)
        of_tile.push_back(
            formula(population.row(tile.first_candidate + p), tile.first_example + k));
  }
  return sums;
}

}  // namespace lorahub::test
