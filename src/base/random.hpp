// Random numbers derived from (seed, purpose): no global state, the same on every rank and after
// every restart. It is our own, since the distributions of the standard library differ between
// implementations.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lorahub::base {

// Philox4x32-10 (Salmon et al., SC 2011): block `counter` of the stream named by `key`.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// One independent stream per (seed, purpose).
class Stream {
 public:
  Stream(uint64_t seed, std::string_view purpose);
  uint32_t bits();
  double uniform();  // in [0, 1), 53 bits
  double normal();   // standard normal, Box and Muller

 private:
  std::array<uint32_t, 2> key_;
  uint64_t next_block_ = 0;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

// Draws as Python makes them (Mersenne Twister after random.seed(int)), because the official
// LoraHub names its draws by such seeds: random.sample(range(n), k) and the order after
// random.shuffle(list(range(n))).
std::vector<int> python_sample(uint64_t seed, int n, int k);
std::vector<int> python_shuffle(uint64_t seed, int n);

}  // namespace lorahub::base
