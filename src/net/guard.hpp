// Refuses requests that another web site makes in a visitor's name (DNS rebinding, cross-site
// requests), and those without the token.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>

#include "net/message.hpp"

namespace lorahub::net {

struct GuardRules {
  std::set<std::string> hosts;                // names by which this server is called, in lower case
  std::map<std::string, std::string> tokens;  // by the names of those who hold them; none:
                                              // everyone may do everything
  std::set<std::string> open;  // paths that need no token: the page and the server's health
};

// Whether two texts are equal, in a time that tells nothing about where they differ.
bool equal_secrets(std::string_view one, std::string_view other);

// The refusal of a request by its head; nothing where it may be answered. 403 for another name of
// the host or another origin, 401 without the token (as Bearer, as Hugging Face's and Replicate's
// clients send it, or `Token`). Names the caller in the head where there are tokens.
std::optional<HttpResponse> refused(HttpRequest& head, const GuardRules& rules);

}  // namespace lorahub::net
