// Choices by chance, the same on every machine: only integers and comparisons on base::Stream.
#pragma once
#include <cassert>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace lorahub::lab {

class Draw {
 public:
  Draw(uint64_t seed, std::string_view purpose) : stream_(seed, purpose) {}

  size_t below(size_t count) {
    assert(count > 0);
    return static_cast<size_t>(stream_.uniform() * static_cast<double>(count));
  }
  int between(int low, int high) {  // both included
    return low + static_cast<int>(below(static_cast<size_t>(high - low) + 1));
  }
  bool chance(double probability) { return stream_.uniform() < probability; }

  template <class T>
  const T& one(const std::vector<T>& of) {
    return of[below(of.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }
  // `count` elements of `from` at different places, in random order.
  template <class T>
  std::vector<T> some(std::vector<T> from, size_t count) {
    assert(count <= from.size());
    for (size_t i = 0; i < count; ++i) std::swap(from[i], from[i + below(from.size() - i)]);
    from.resize(count);
    return from;
  }
  // An index by weights, which need not sum to 1.
  size_t weighted(const std::vector<double>& weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    double left = stream_.uniform() * sum;
    for (size_t i = 0; i + 1 < weights.size(); ++i)
      if ((left -= weights[i]) < 0) return i;
    return weights.size() - 1;
  }

 private:
  base::Stream stream_;
};

}  // namespace lorahub::lab
