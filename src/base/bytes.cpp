#include "base/bytes.hpp"

namespace lorahub::base {

std::string pack_texts(const std::vector<std::string>& texts) {
  const uint64_t count = texts.size();
  std::string bytes;
  put_bytes(bytes, &count, 1);
  for (const std::string& text : texts) {
    const uint64_t length = text.size();
    put_bytes(bytes, &length, 1);
    bytes += text;
  }
  return bytes;
}

std::vector<std::string> unpack_texts(std::string_view bytes) {
  ByteReader reader(bytes);
  std::vector<std::string> texts;
  for (uint64_t left = reader.count(); left > 0; --left)
    texts.push_back(reader.text(reader.count()));
  reader.check_end();
  return texts;
}

}  // namespace lorahub::base
