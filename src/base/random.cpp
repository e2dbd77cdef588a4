#include "base/random.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <set>
#include <sstream>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace lorahub::base {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

Stream::Stream(uint64_t seed, std::string_view purpose) {
  const std::string name = sha256(format("{}/{}", seed, purpose));
  key_ = {static_cast<uint32_t>(std::stoul(name.substr(0, 8), nullptr, 16)),
          static_cast<uint32_t>(std::stoul(name.substr(8, 8), nullptr, 16))};
}

uint32_t Stream::bits() {
  if (used_ == 4) {
    block_ = philox(
        {static_cast<uint32_t>(next_block_), static_cast<uint32_t>(next_block_ >> 32), 0, 0}, key_);
    ++next_block_;
    used_ = 0;
  }
  return block_[static_cast<size_t>(used_++)];
}

double Stream::uniform() {
  const uint64_t high = bits() >> 5, low = bits() >> 6;
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

double Stream::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

namespace {

// CPython's random.Random(seed): MT19937, started by CPython's init_by_array with the 32-bit digits
// of the seed.
class PythonRandom {
 public:
  explicit PythonRandom(uint64_t seed) {
    std::vector<uint32_t> digits{static_cast<uint32_t>(seed)};
    if (seed >> 32) digits.push_back(static_cast<uint32_t>(seed >> 32));
    constexpr size_t n = 624;
    std::array<uint32_t, n> state{};
    state[0] = 19650218;
    for (size_t i = 1; i < n; ++i)
      state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + static_cast<uint32_t>(i);
    size_t i = 1, j = 0;
    const auto step = [&] {
      if (++i == n) state[0] = state[n - 1], i = 1;
    };
    for (size_t k = std::max(n, digits.size()); k > 0; --k) {
      state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1664525U)) + digits[j] +
                 static_cast<uint32_t>(j);
      step();
      j = (j + 1) % digits.size();
    }
    for (size_t k = n - 1; k > 0; --k) {
      state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941U)) -
                 static_cast<uint32_t>(i);
      step();
    }
    state[0] = 0x80000000U;
    std::ostringstream
        text;  // the standard's way to set an engine's state; libstdc++ adds the position
    for (uint32_t word : state) text << word << ' ';
    text << n;
    std::istringstream(text.str()) >> engine_;
  }

  uint32_t below(uint32_t n) {  // random._randbelow_with_getrandbits
    const int shift = 32 - std::bit_width(n);
    uint32_t value = engine_() >> shift;
    while (value >= n) value = engine_() >> shift;
    return value;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace

std::vector<int> python_sample(uint64_t seed, int n, int k) {
  assert(0 <= k && k <= n);
  PythonRandom random(seed);
  int set_size = 21;  // CPython: a list is copied where that is smaller than a set of k
  if (k > 5) set_size += 1 << (2 * static_cast<int>(std::ceil(std::log(k * 3) / std::log(4))));
  std::vector<int> result;
  if (n <= set_size) {
    std::vector<int> pool(static_cast<size_t>(n));
    std::iota(pool.begin(), pool.end(), 0);
    for (int i = 0; i < k; ++i) {
      const size_t j = random.below(static_cast<uint32_t>(n - i));
      result.push_back(pool[j]);
      pool[j] = pool[static_cast<size_t>(n - i - 1)];
    }
    return result;
  }
  std::set<int> taken;
  while (static_cast<int>(result.size()) < k) {
    const int j = static_cast<int>(random.below(static_cast<uint32_t>(n)));
    if (taken.insert(j).second) result.push_back(j);
  }
  return result;
}

std::vector<int> python_shuffle(uint64_t seed, int n) {
  PythonRandom random(seed);
  std::vector<int> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (int i = n - 1; i > 0; --i)
    std::swap(order[static_cast<size_t>(i)], order[random.below(static_cast<uint32_t>(i) + 1)]);
  return order;
}

}  // namespace lorahub::base
