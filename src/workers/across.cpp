#include "workers/across.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/fault.hpp"
#include "workers/bytes.hpp"

namespace lorahub::workers {
namespace {
// A tile on its way: its shape and its candidates' weights alone.
struct Unit {
  search::Population population;  // [tile.candidates, N]
  search::Tile tile;              // first_candidate 0
};

std::string encode(const search::Population& population, const search::Tile& tile) {
  const auto dim = static_cast<size_t>(population.dim);
  const search::Tile alone{.first_candidate = 0,
                           .candidates = tile.candidates,
                           .first_example = tile.first_example,
                           .examples = tile.examples};
  const uint64_t counts[] = {dim, dim * static_cast<size_t>(tile.candidates)};
  std::string bytes;
  bytes.reserve(sizeof counts + counts[1] * sizeof(double) + sizeof alone);
  put(bytes, counts, std::size(counts));
  put(bytes, population.weights.data() + dim * static_cast<size_t>(tile.first_candidate),
      counts[1]);
  put(bytes, &alone, 1);
  return bytes;
}

Unit decode(const std::string& bytes) {
  Reader reader(bytes);
  Unit unit;
  unit.population.dim = static_cast<int>(reader.count());
  unit.population.weights = reader.get<double>(reader.count());
  unit.tile = reader.get<search::Tile>(1).front();
  reader.check_end();
  return unit;
}

void check_whole(const Unit& unit) {
  const search::Tile& tile = unit.tile;
  base::check(unit.population.dim >= 0 && tile.first_candidate == 0 && tile.candidates >= 0 &&
                  tile.candidates == unit.population.size() && tile.first_example >= 0 &&
                  tile.examples >= 0,
              "a unit of work makes no sense (the ranks may be different builds), start the same "
              "program on all nodes");
}

void check_fits(const Unit& unit, const Measurable& here) {
  const search::Tile& tile = unit.tile;
  base::check(unit.population.dim == here.dim && tile.examples <= here.examples &&
                  tile.first_example <= here.examples - tile.examples,
              "a rank was asked for losses of {} weights on examples {} to {} and has {} modules "
              "and {} examples (the ranks read different studies), put it on a shared disk",
              unit.population.dim, tile.first_example, tile.first_example + tile.examples - 1,
              here.dim, here.examples);
}

size_t sums_of(const search::Tile& tile) {
  return static_cast<size_t>(tile.candidates) * static_cast<size_t>(tile.examples);
}

// A tile's sums, [candidates, examples].
std::vector<double> read(const Outcome& outcome, const search::Tile& tile) {
  if (outcome.result == Result::failure) throw base::Error(outcome.bytes);
  if (outcome.result != Result::reply) throw base::MachineFault(outcome.bytes);
  Reader reader(outcome.bytes);
  std::vector<double> sums = reader.get<double>(sums_of(tile));
  reader.check_end();
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

search::Measure across(Call call, Note note) {
  return [call = std::move(call), note = std::move(note)](const search::Population& population,
                                                          std::span<const search::Tile> tiles) {
    std::vector<std::string> units;
    for (const search::Tile& tile : tiles) units.push_back(encode(population, tile));
    const std::vector<Outcome> first = call(units);
    std::vector<std::vector<double>> sums;
    std::vector<size_t> again;
    for (size_t t = 0; t < tiles.size(); ++t) {
      sums.push_back(read(first[t], tiles[t]));
      if (has_nan(sums[t])) again.push_back(t);
    }
    std::vector<std::string> retries;
    for (const size_t t : again) retries.push_back(units[t]);
    const std::vector<Outcome> second = retries.empty() ? std::vector<Outcome>{} : call(retries);
    for (size_t i = 0; i < again.size(); ++i) {
      sums[again[i]] = read(second[i], tiles[again[i]]);
      give_up(sums[again[i]], tiles[again[i]], note);
    }
    return sums;
  };
}

std::string measure_unit(const std::string& bytes, const search::Measure& local,
                         const std::optional<Measurable>& here) {
  const Unit unit = decode(bytes);
  check_whole(unit);
  if (here) check_fits(unit, *here);
  const std::vector<std::vector<double>> sums = local(unit.population, std::span(&unit.tile, 1));
  assert(sums.size() == 1 && sums[0].size() == sums_of(unit.tile));
  std::string reply;
  put(reply, sums[0].data(), sums[0].size());
  return reply;
}

std::string pack(const std::vector<std::string>& texts) {
  const uint64_t count = texts.size();
  std::string bytes;
  put(bytes, &count, 1);
  for (const std::string& text : texts) {
    const uint64_t length = text.size();
    put(bytes, &length, 1);
    bytes += text;
  }
  return bytes;
}

std::vector<std::string> unpack(const std::string& bytes) {
  Reader reader(bytes);
  std::vector<std::string> texts;
  for (uint64_t left = reader.count(); left > 0; --left)
    texts.push_back(reader.text(reader.count()));
  reader.check_end();
  return texts;
}

}  // namespace lorahub::workers
