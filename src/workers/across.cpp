#include "workers/across.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>
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

struct Work {
  search::Population population;
  std::vector<search::Tile> tiles;
};

// dim, number of weights, number of tiles, weights, tiles
std::string encode(const search::Population& population, std::span<const search::Tile> tiles) {
  const uint64_t counts[] = {static_cast<uint64_t>(population.dim), population.weights.size(),
                             tiles.size()};
  std::string bytes;
  bytes.reserve(sizeof counts + population.weights.size() * sizeof(double) + tiles.size_bytes());
  put(bytes, counts, std::size(counts));
  put(bytes, population.weights.data(), population.weights.size());
  put(bytes, tiles.data(), tiles.size());
  return bytes;
}

Work decode(const std::string& request) {
  Reader reader(request);
  Work work;
  work.population.dim = static_cast<int>(reader.count());
  const uint64_t weights = reader.count(), tiles = reader.count();
  work.population.weights = reader.get<double>(weights);
  work.tiles = reader.get<search::Tile>(tiles);
  reader.check_end();
  return work;
}

size_t sums_of(const search::Tile& tile) {
  return static_cast<size_t>(tile.candidates) * static_cast<size_t>(tile.examples);
}
}  // namespace

search::Measure across(const Ask& ask) {
  return [ask](const search::Population& population, std::span<const search::Tile> tiles) {
    const std::vector<std::string> replies = ask(encode(population, tiles));
    std::vector<Reader> readers(replies.begin(), replies.end());
    std::vector<std::vector<double>> sums;
    sums.reserve(tiles.size());
    for (size_t t = 0; t < tiles.size(); ++t) {
      sums.push_back(readers[t % readers.size()].get<double>(sums_of(tiles[t])));
    }
    for (const Reader& reader : readers) reader.check_end();
    return sums;
  };
}

std::string measure_share(const std::string& request, const search::Measure& local, Share share) {
  const Work work = decode(request);
  std::vector<search::Tile> mine;
  for (size_t t = static_cast<size_t>(share.rank); t < work.tiles.size();
       t += static_cast<size_t>(share.size)) {
    mine.push_back(work.tiles[t]);
  }
  if (mine.empty()) return "";
  const std::vector<std::vector<double>> sums = local(work.population, mine);
  assert(sums.size() == mine.size());
  std::string reply;
  for (size_t t = 0; t < mine.size(); ++t) {
    assert(sums[t].size() == sums_of(mine[t]));
    put(reply, sums[t].data(), sums[t].size());
  }
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
