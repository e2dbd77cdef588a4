#include "search/population.hpp"

#include <algorithm>
#include <cassert>

namespace lorahub::search {

std::vector<Tile> cut(int candidates, int examples, TileShape shape) {
  assert(candidates >= 0 && examples >= 0 && shape.candidates > 0 && shape.examples > 0);
  std::vector<Tile> tiles;
  for (int p = 0; p < candidates; p += shape.candidates)
    for (int k = 0; k < examples; k += shape.examples)
      tiles.push_back({.first_candidate = p,
                       .candidates = std::min(shape.candidates, candidates - p),
                       .first_example = k,
                       .examples = std::min(shape.examples, examples - k)});
  return tiles;
}

namespace {

std::vector<Tile> cut_by_centres(const Population& population, int examples, TileShape shape) {
  const int size = population.size();
  const int together = population.centres.empty() ? size : population.candidates_per_centre;
  std::vector<Tile> tiles;
  for (int first = 0; first < size; first += together)
    for (Tile tile : cut(std::min(together, size - first), examples, shape)) {
      tile.first_candidate += first;
      tiles.push_back(tile);
    }
  return tiles;
}

}  // namespace

Sums measure_all(const Measure& measure, const Population& population, const SumColumns& columns,
                 TileShape shape) {
  const int examples = columns.examples * columns.kinds;
  std::vector<Tile> tiles;
  for (int kind = 0; kind < columns.kinds; ++kind)
    for (Tile tile : cut_by_centres(population, columns.examples, shape)) {
      tile.first_example += kind * columns.examples;
      tiles.push_back(tile);
    }
  const std::vector<std::vector<double>> parts = measure(population, tiles);
  assert(parts.size() == tiles.size());
  const size_t width = static_cast<size_t>(examples);
  Sums sums{.examples = examples,
            .values = std::vector<double>(static_cast<size_t>(population.size()) * width)};
  for (size_t t = 0; t < tiles.size(); ++t) {
    const Tile& tile = tiles[t];
    assert(parts[t].size() == static_cast<size_t>(tile.candidates * tile.examples));
    auto from = parts[t].begin();
    for (int p = 0; p < tile.candidates; ++p, from += tile.examples) {
      const size_t to = static_cast<size_t>(tile.first_candidate + p) * width +
                        static_cast<size_t>(tile.first_example);
      std::copy_n(from, tile.examples, sums.values.begin() + static_cast<ptrdiff_t>(to));
    }
  }
  return sums;
}

}  // namespace lorahub::search
