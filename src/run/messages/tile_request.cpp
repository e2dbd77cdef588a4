#include "run/messages/tile_request.hpp"

#include <cstdint>

#include "base/bytes.hpp"

namespace lorahub::run {

namespace {

void check_whole(const TileRequest& unit) {
  const search::Tile& tile = unit.tile;
  base::check(unit.population.dim >= 0 && tile.first_candidate == 0 && tile.candidates >= 0 &&
                  tile.candidates == unit.population.size() && tile.first_example >= 0 &&
                  tile.examples >= 0,
              "a unit of work makes no sense (the ranks may be different builds), start the same "
              "program on all nodes");
}

}  // namespace

std::string encode_tile(const search::Population& population, const search::Tile& tile) {
  const auto dim = static_cast<size_t>(population.dim);
  const search::Tile alone{.first_candidate = 0,
                           .candidates = tile.candidates,
                           .first_example = tile.first_example,
                           .examples = tile.examples};
  const uint64_t counts[] = {dim, dim * static_cast<size_t>(tile.candidates)};
  std::string bytes;
  bytes.reserve(sizeof counts + counts[1] * sizeof(double) + sizeof alone);
  base::put_bytes(bytes, counts, std::size(counts));
  base::put_bytes(bytes,
                  population.weights.data() + dim * static_cast<size_t>(tile.first_candidate),
                  counts[1]);
  base::put_bytes(bytes, &alone, 1);
  return bytes;
}

TileRequest decode_tile(const std::string& bytes) {
  base::ByteReader reader(bytes);
  TileRequest unit;
  unit.population.dim = static_cast<int>(reader.count());
  unit.population.weights = reader.get<double>(reader.count());
  unit.tile = reader.get<search::Tile>(1).front();
  reader.check_end();
  check_whole(unit);
  return unit;
}

size_t sums_of(const search::Tile& tile) {
  return static_cast<size_t>(tile.candidates) * static_cast<size_t>(tile.examples);
}

}  // namespace lorahub::run
