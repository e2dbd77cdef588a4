#include "run/messages/loaded.hpp"

#include "base/bytes.hpp"

namespace lorahub::run {

std::string encode(const Loaded& loaded) {
  std::string reply;
  base::put_bytes(reply, &loaded.truncated_from, 1);
  return reply + base::pack_texts(loaded.modules);
}

Loaded read_loaded(const std::string& reply) {
  base::ByteReader reader(reply);
  const auto truncated_from = static_cast<int64_t>(reader.count());
  const std::vector<char> names = reader.rest<char>();
  return {.truncated_from = truncated_from,
          .modules = base::unpack_texts({names.begin(), names.end()})};
}

}  // namespace lorahub::run
