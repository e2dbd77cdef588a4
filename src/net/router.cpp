#include "net/router.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace lorahub::net {
namespace {

// The places of the path; nothing where it does not fit the pattern.
std::optional<Places> places(const std::string& pattern, const std::string& path) {
  const std::vector<std::string> parts = base::split(pattern, '/'), given = base::split(path, '/');
  if (parts.size() != given.size()) return std::nullopt;
  Places found;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].starts_with('{')) {
      if (parts[i] != given[i]) return std::nullopt;
    } else {
      if (given[i].empty()) return std::nullopt;
      found.push_back(given[i]);
    }
  }
  return found;
}

bool takes(const Route& route, const std::string& method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

}  // namespace

HttpResponse Router::answer(const HttpRequest& request) const {
  std::vector<std::string> allowed;
  for (const Route& route : routes_) {
    const std::optional<Places> found = places(route.pattern, request.path);
    if (!found) continue;
    if (takes(route, request.method)) return route.handler(request, *found);
    allowed.push_back(route.method);
  }
  if (allowed.empty()) return refusal(404, "There is nothing at this address.");
  HttpResponse response = refusal(405, "This address does not take that method.");
  response.fields.emplace_back("Allow", base::join(allowed, ", "));
  return response;
}

std::string Router::pattern_of(const HttpRequest& request) const {
  const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
    return takes(route, request.method) && places(route.pattern, request.path);
  });
  return found == routes_.end() ? "" : found->pattern;
}

}  // namespace lorahub::net
