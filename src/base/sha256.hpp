// SHA-256 (FIPS 180-4): identity of trials and of input files. By hand because no library of the
// build has it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lorahub::base {

class Sha256 {
 public:
  void update(std::string_view bytes);
  std::string hex();  // 64 lower-case digits; ends the hash

 private:
  void block(const unsigned char* bytes);
  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char pending_[64] = {};
  uint64_t length_ = 0;  // bytes
};

std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);  // Error when it can't be read

}  // namespace lorahub::base
