// Sends one message to another server: a POST by HTTP/1.1, or by HTTPS with the certificates that
// the system trusts.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorahub::net {

struct Url {
  bool is_secure = false;  // https
  std::string host, port;  // an IPv6 address without its brackets
  std::string target;      // path and query, from the first '/'
  std::string authority;   // host and port as they were written
};
// Nothing for what is no plain http or https URL: it names a user, has a segment "..", a fragment
// or a character that no URL has.
std::optional<Url> parse_url(std::string_view text);

// Whether the text is an address that other machines can't have: loopback, private, link-local,
// multicast and the like, or no address at all.
bool is_private_address(const std::string& text);

enum class PostTargets { public_ones, any };

struct Post {
  Url url;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  PostTargets targets = PostTargets::public_ones;  // which addresses the name may stand for
  int seconds = 5;                                 // for all of it
};
// The status of the response, which is not read any further; no redirect is followed. The name is
// resolved once, and the address that it stands for is the one that is connected to. Error where
// nobody answers, or the address is not allowed.
int http_post(const Post& post);

}  // namespace lorahub::net
