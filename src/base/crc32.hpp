// CRC-32 (IEEE 802.3, zlib's): tells a torn journal line from a whole one.
#pragma once
#include <cstdint>
#include <string_view>

namespace lorahub::base {

uint32_t crc32(std::string_view bytes);

}  // namespace lorahub::base
