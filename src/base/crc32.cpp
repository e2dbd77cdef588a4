#include "base/crc32.hpp"

#include <zlib.h>

namespace lorahub::base {

uint32_t crc32(std::string_view bytes) {
  return static_cast<uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace lorahub::base
