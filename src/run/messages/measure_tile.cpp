#include "run/messages/measure_tile.hpp"

#include <cassert>

#include "base/check.hpp"

namespace lorahub::run {

void check_fits(const TileRequest& request, const Measurable& here) {
  base::check(request.dim == here.dim && request.examples <= here.examples &&
                  request.first_example <= here.examples - request.examples,
              "a rank was asked for losses of {} weights on examples {} to {} and has {} modules "
              "and {} examples (the ranks read different studies), put it on a shared disk",
              request.dim, request.first_example, request.first_example + request.examples - 1,
              here.dim, here.examples);
}

std::string measure_tile(const std::string& request, const search::Measure& local,
                         const std::optional<Measurable>& here) {
  const auto asked = base::decode<TileRequest>(request);
  if (here) check_fits(asked, *here);
  const search::Tile tile = asked.tile();
  const std::vector<std::vector<double>> sums = local(asked.population(), std::span(&tile, 1));
  assert(sums.size() == 1 && sums[0].size() == static_cast<size_t>(tile.candidates) *
                                                   static_cast<size_t>(tile.examples));
  return base::encode(sums[0]);
}

}  // namespace lorahub::run
