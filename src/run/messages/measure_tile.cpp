#include "run/messages/measure_tile.hpp"

#include <cassert>

#include "base/bytes.hpp"
#include "run/messages/tile_request.hpp"

namespace lorahub::run {

namespace {

void check_fits(const TileRequest& unit, const Measurable& here) {
  const search::Tile& tile = unit.tile;
  base::check(unit.population.dim == here.dim && tile.examples <= here.examples &&
                  tile.first_example <= here.examples - tile.examples,
              "a rank was asked for losses of {} weights on examples {} to {} and has {} modules "
              "and {} examples (the ranks read different studies), put it on a shared disk",
              unit.population.dim, tile.first_example, tile.first_example + tile.examples - 1,
              here.dim, here.examples);
}

}  // namespace

std::string measure_unit(const std::string& bytes, const search::Measure& local,
                         const std::optional<Measurable>& here) {
  const TileRequest unit = decode_tile(bytes);
  if (here) check_fits(unit, *here);
  const std::vector<std::vector<double>> sums = local(unit.population, std::span(&unit.tile, 1));
  assert(sums.size() == 1 && sums[0].size() == sums_of(unit.tile));
  std::string reply;
  base::put_bytes(reply, sums[0].data(), sums[0].size());
  return reply;
}

}  // namespace lorahub::run
