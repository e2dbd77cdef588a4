// HMAC-SHA256 (RFC 2104) by OpenSSL: who knows the key can tell that a message is ours.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 bytes

}  // namespace lorahub::base
