#include "net/guard.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace lorahub::net {
namespace {

// The name of "name:8000", "[::1]:8000" or "name", without the port, which a tunnel changes; "" for
// what is no name with a port.
std::string without_port(const std::string& text) {
  const size_t end =
      text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  const std::string port = text.substr(end);
  const bool is_port =
      port.empty() || (port.starts_with(':') && port.size() <= 6 &&
                       port.find_first_not_of("0123456789", 1) == std::string::npos);
  return is_port ? base::lower(text.substr(0, end)) : "";
}

bool is_called(const std::string& host, const GuardRules& rules) {
  return rules.hosts.contains(without_port(host));
}

// Whether the page that makes the request is one of ours. Programs send no Origin.
bool is_own_origin(const std::string& origin, const GuardRules& rules) {
  const size_t scheme = origin.find("://");
  return scheme != std::string::npos && is_called(origin.substr(scheme + 3), rules);
}

bool comes_from_elsewhere(const HttpRequest& head, const GuardRules& rules) {
  const std::string origin = head.field("origin"), site = head.field("sec-fetch-site");
  if (!origin.empty() && !is_own_origin(origin, rules)) return true;
  return head.changes_something() && (site == "cross-site" || site == "same-site");
}

std::string given_token(const HttpRequest& head) {
  const std::string text = head.field("authorization");
  const size_t space = text.find(' ');
  if (space == std::string::npos) return "";
  const std::string scheme = base::lower(text.substr(0, space));
  return scheme == "bearer" || scheme == "token" ? text.substr(space + 1) : "";
}

// Whose token it is; "" for nobody's. All are looked at, so that the time tells nothing.
std::string holder_of(const std::string& token, const GuardRules& rules) {
  std::string holder;
  for (const auto& [name, secret] : rules.tokens)
    if (equal_secrets(token, secret)) holder = name;
  return holder;
}

}  // namespace

// Digests have one length, so that nothing is learnt about the secret's.
bool equal_secrets(std::string_view one, std::string_view other) {
  const std::string a = base::sha256(std::string(one)), b = base::sha256(std::string(other));
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

std::optional<HttpResponse> refused(HttpRequest& head, const GuardRules& rules) {
  if (!is_called(head.field("host"), rules))
    return refusal(403, "This service is not called by that name, start it with --allowed-host.");
  if (comes_from_elsewhere(head, rules))
    return refusal(403, "Requests of other web sites are refused.");
  head.caller = holder_of(given_token(head), rules);
  if (rules.tokens.empty() || rules.open.contains(head.path)) return std::nullopt;
  if (!head.caller.empty()) return std::nullopt;
  HttpResponse response = refusal(
      401,
      "The token is missing or wrong, send `Authorization: Bearer TOKEN` (the program prints "
      "it when it starts).");
  response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace lorahub::net
