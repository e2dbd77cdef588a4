#include "run/messages/across.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/fault.hpp"
#include "run/messages/messages.hpp"

namespace lorahub::run {
namespace {
// Reads a tile's sums, [candidates, examples], from a reply.
std::vector<double> read(const workers::Outcome& outcome, const search::Tile& tile) {
  if (outcome.result == workers::Result::failure) throw base::Error(outcome.bytes);
  if (outcome.result != workers::Result::reply) throw base::MachineFault(outcome.bytes);
  auto sums = base::decode<std::vector<double>>(outcome.bytes);
  base::check(
      sums.size() == static_cast<size_t>(tile.candidates) * static_cast<size_t>(tile.examples),
      "a rank sent {} sums of a tile of {} candidates and {} examples (the ranks may be "
      "different builds), start the same program on all nodes",
      sums.size(), tile.candidates, tile.examples);
  return sums;
}

bool has_nan(std::span<const double> sums) {
  return std::ranges::any_of(sums, [](double sum) { return std::isnan(sum); });
}

using Note = std::function<void(const search::Fault&)>;

// Candidates without a number count as infinite.
void give_up(std::vector<double>& sums, const search::Tile& tile, const Note& note) {
  for (int p = 0; p < tile.candidates; ++p) {
    const auto row =
        std::span(sums).subspan(static_cast<size_t>(p) * static_cast<size_t>(tile.examples),
                                static_cast<size_t>(tile.examples));
    if (!has_nan(row)) continue;
    std::ranges::fill(row, std::numeric_limits<double>::infinity());
    note({.candidate = tile.first_candidate + p, .cause = "its loss is not a number"});
  }
}
}  // namespace

search::Measure across(CallRanks call, Note note) {
  return [call = std::move(call), note = std::move(note)](const search::Population& population,
                                                          std::span<const search::Tile> tiles) {
    std::vector<std::string> requests;
    for (const search::Tile& tile : tiles)
      requests.push_back(base::encode(tile_request(population, tile)));
    const std::vector<workers::Outcome> first = call(requests);
    std::vector<std::vector<double>> sums;
    std::vector<size_t> again;
    for (size_t t = 0; t < tiles.size(); ++t) {
      sums.push_back(read(first[t], tiles[t]));
      if (has_nan(sums[t])) again.push_back(t);
    }
    std::vector<std::string> retries;
    for (const size_t t : again) retries.push_back(requests[t]);
    const std::vector<workers::Outcome> second =
        retries.empty() ? std::vector<workers::Outcome>{} : call(retries);
    for (size_t i = 0; i < again.size(); ++i) {
      sums[again[i]] = read(second[i], tiles[again[i]]);
      give_up(sums[again[i]], tiles[again[i]], note);
    }
    return sums;
  };
}

}  // namespace lorahub::run
