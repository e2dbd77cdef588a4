#include "workers/across.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {
// Plain values as they lie in memory: all ranks of a run are one program on one kind of machine.
template <class T>
void put(std::string& bytes, const T* values, size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > 0) bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  template <class T>
  std::vector<T> get(uint64_t count) {
    check_left(count, sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), bytes_.data() + at_, count * sizeof(T));
    at_ += count * sizeof(T);
    return values;
  }
  uint64_t count() { return get<uint64_t>(1).front(); }
  std::string text(uint64_t length) {
    check_left(length, 1);
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }
  void check_end() const {
    base::check(at_ == bytes_.size(), "a message between ranks has {} bytes too many {}",
                bytes_.size() - at_, kAdvice);
  }

 private:
  static constexpr const char* kAdvice =
      "(the ranks may be different builds), start the same program on all nodes";
  void check_left(uint64_t count, size_t size) const {
    base::check(count <= (bytes_.size() - at_) / size, "a message between ranks ends early {}",
                kAdvice);
  }
  const std::string& bytes_;
  size_t at_ = 0;
};

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

size_t sums_of(const search::Tile& tile) {
  return static_cast<size_t>(tile.candidates) * static_cast<size_t>(tile.examples);
}

// A tile's sums, [candidates, examples]; what has no number yet is NaN.
struct Measured {
  std::vector<double> sums;
  std::string cause;  // of the evaluation that threw
};

Measured read(const Outcome& outcome, const search::Tile& tile) {
  if (outcome.result == Result::failure) throw base::Error(outcome.bytes);
  if (outcome.result == Result::fault)
    return {.sums = std::vector<double>(sums_of(tile), std::numeric_limits<double>::quiet_NaN()),
            .cause = outcome.bytes};
  Reader reader(outcome.bytes);
  Measured measured{.sums = reader.get<double>(sums_of(tile)), .cause = "its loss is not a number"};
  reader.check_end();
  return measured;
}

bool has_nan(std::span<const double> sums) {
  return std::ranges::any_of(sums, [](double sum) { return std::isnan(sum); });
}

using Note = std::function<void(const search::Fault&)>;

// Candidates without a number count as infinite.
void give_up(Measured& measured, const search::Tile& tile, const Note& note) {
  for (int p = 0; p < tile.candidates; ++p) {
    const auto row = std::span(measured.sums)
                         .subspan(static_cast<size_t>(p) * static_cast<size_t>(tile.examples),
                                  static_cast<size_t>(tile.examples));
    if (!has_nan(row)) continue;
    std::ranges::fill(row, std::numeric_limits<double>::infinity());
    note({.candidate = tile.first_candidate + p, .cause = measured.cause});
  }
}
}  // namespace

search::Measure across(Call call, Note note) {
  return [call = std::move(call), note = std::move(note)](const search::Population& population,
                                                          std::span<const search::Tile> tiles) {
    std::vector<std::string> units;
    for (const search::Tile& tile : tiles) units.push_back(encode(population, tile));
    const std::vector<Outcome> first = call(units);
    std::vector<Measured> measured;
    std::vector<size_t> again;
    for (size_t t = 0; t < tiles.size(); ++t) {
      measured.push_back(read(first[t], tiles[t]));
      if (has_nan(measured[t].sums)) again.push_back(t);
    }
    std::vector<std::string> retries;
    for (const size_t t : again) retries.push_back(units[t]);
    const std::vector<Outcome> second = retries.empty() ? std::vector<Outcome>{} : call(retries);
    for (size_t i = 0; i < again.size(); ++i) {
      measured[again[i]] = read(second[i], tiles[again[i]]);
      give_up(measured[again[i]], tiles[again[i]], note);
    }
    std::vector<std::vector<double>> sums;
    for (Measured& m : measured) sums.push_back(std::move(m.sums));
    return sums;
  };
}

std::string measure_unit(const std::string& bytes, const search::Measure& local) {
  const Unit unit = decode(bytes);
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
