// The members of a zip archive as views of its bytes, which is possible because PyTorch stores
// tensors uncompressed. The reader is ours because libraries copy members out, and tensors are to
// stay mapped.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lorahub::checkpoint {

struct ZipMember {
  std::string_view bytes;
  uint32_t crc = 0;  // CRC-32 of bytes as the archive states it; not checked here
};
using ZipMembers = std::map<std::string, ZipMember, std::less<>>;

// Stored members by name. Error (beginning with `file`) for anything damaged, compressed or
// encrypted.
ZipMembers zip_members(std::string_view archive, const std::string& file);

}  // namespace lorahub::checkpoint
