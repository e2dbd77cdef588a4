// A tile of a population on its way to the rank that computes it, and its sums on the way back.
#pragma once
#include <string>
#include <vector>

#include "search/population.hpp"

namespace lorahub::run {

// A tile on its way: its shape and its candidates' weights alone.
struct TileRequest {
  search::Population population;  // [tile.candidates, N]
  search::Tile tile;              // first_candidate 0
};
std::string encode_tile(const search::Population& population, const search::Tile& tile);
// Error for bytes that are no tile.
TileRequest decode_tile(const std::string& bytes);

// How many sums a tile has: [candidates, examples].
size_t sums_of(const search::Tile& tile);

}  // namespace lorahub::run
