#include "net/http_post.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "net/http_server.hpp"

namespace lorahub::net {
namespace {

TEST(HttpPost, ReadsPlainAddresses) {
  const std::optional<Url> url = parse_url("https://Hooks.example:8443/a/b?c=d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_secure);
  EXPECT_EQ(url->host, "hooks.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(parse_url("http://a")->target, "/");
  EXPECT_EQ(parse_url("http://a")->port, "80");
  EXPECT_EQ(parse_url("http://[::1]:9/x")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]/x")->port, "80");
}

TEST(HttpPost, RefusesTricks) {
  for (const char* text :
       {"", "a", "ftp://a/", "file:///etc/passwd", "http://", "http:///x", "http://user@a/",
        "http://a:b@c/", "http://a/../b", "http://a/%2e%2e/b", "http://a/b#c", "http://a/b c",
        "http://a\\@b/", "http://a:/", "http://a:123456/", "http://a:8x/", "http://a?x",
        "http://a/\r\nHost: b", "http://\xc3\xa4/"})
    EXPECT_FALSE(parse_url(text)) << text;
}

TEST(HttpPost, KnowsAddressesOfPrivateNetworks) {
  for (const char* text :
       {"127.0.0.1",       "127.9.9.9",       "0.0.0.0",         "10.1.2.3",    "172.16.0.1",
        "172.31.255.255",  "192.168.0.1",     "169.254.169.254", "100.64.0.1",  "198.18.0.1",
        "224.0.0.1",       "240.0.0.1",       "255.255.255.255", "::1",         "::",
        "fe80::1",         "fc00::1",         "fd12::1",         "ff02::1",     "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "localhost",       "example.org", ""})
    EXPECT_TRUE(is_private_address(text)) << text;
  for (const char* text : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1"})
    EXPECT_FALSE(is_private_address(text)) << text;
}

class Receiver : public testing::Test {
 protected:
  static HttpResponse answer(const HttpRequest& request) {
    if (request.path == "/moved") return {.status = 302, .fields = {{"Location", "/elsewhere"}}};
    if (request.path == "/never")
      return {.later = []() -> std::optional<HttpResponse> { return std::nullopt; }};
    const bool is_right =
        request.method == "POST" && request.body == "hello" && request.field("x-name") == "value";
    return {.status = is_right ? 201 : 400};
  }
  HttpServer server_{
      {.host = "127.0.0.1", .port = 0},
      {},
      {.refused = [](HttpRequest&) { return std::optional<HttpResponse>(); }, .answer = answer}};
  Post post(const std::string& path, PostTargets targets = PostTargets::any) const {
    return {.url = *parse_url("http://localhost:" + std::to_string(server_.port()) + path),
            .fields = {{"X-Name", "value"}},
            .body = "hello",
            .targets = targets,
            .seconds = 1};
  }
};

TEST_F(Receiver, GetsTheMessageAndItsStatusComesBack) {
  EXPECT_EQ(http_post(post("/x")), 201);
  EXPECT_EQ(http_post(post("/moved")), 302);  // which is not followed
}

TEST_F(Receiver, IsNotWaitedForWithoutEnd) { EXPECT_THROW(http_post(post("/never")), base::Error); }

TEST_F(Receiver, OfAPrivateNetworkGetsNothing) {
  EXPECT_THROW(http_post(post("/x", PostTargets::public_ones)), base::Error);
}

TEST_F(Receiver, ThatIsNotThereIsAnError) {
  Post nowhere = post("/x");
  nowhere.url.port = "1";
  EXPECT_THROW(http_post(nowhere), base::Error);
  nowhere = post("/x");
  nowhere.url.is_secure = true;  // it speaks no TLS
  EXPECT_THROW(http_post(nowhere), base::Error);
}

}  // namespace
}  // namespace lorahub::net
