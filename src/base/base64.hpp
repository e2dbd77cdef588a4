// Bytes as letters (RFC 4648, with padding).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::base {

std::optional<std::string> from_base64(std::string_view text);  // nothing: it is no Base64
std::string to_base64(std::string_view bytes);

}  // namespace lorahub::base
