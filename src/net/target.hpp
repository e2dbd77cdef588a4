// The target of a request (RFC 3986): its path and query, decoded once.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::net {

struct ParsedTarget {
  std::string path;                          // "/predictions/abc", without a '/' at its end
  std::map<std::string, std::string> query;  // the last value of each name
};

// Nothing for a target that no honest client sends: it does not begin with '/', holds a wrong or
// cut escape, an escaped slash or backslash, a control character, or a segment "." or "..". No
// handler decodes a path once more. A query holds no control characters either.
std::optional<ParsedTarget> parse_target(std::string_view text);

// The text as a value of a query, for addresses that a response names.
std::string escaped_in_query(std::string_view text);

}  // namespace lorahub::net
