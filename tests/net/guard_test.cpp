#include "net/guard.hpp"

#include <gtest/gtest.h>

namespace lorahub::net {
namespace {

const GuardRules kRules{.hosts = {"localhost", "127.0.0.1", "[::1]"},
                        .tokens = {{"ann", "secret"}, {"bob", "other"}},
                        .open = {"/", "/health-check"}};

using Fields = std::map<std::string, std::string>;

// 200 where the request is let in.
int status(const std::string& method, const std::string& path, Fields fields,
           const GuardRules& rules = kRules) {
  fields.emplace("host", "localhost:8000");
  HttpRequest head{.method = method, .path = path, .fields = std::move(fields)};
  const auto response = refused(head, rules);
  return response ? response->status : 200;
}

TEST(Guard, WantsTheTokenButForThePageAndTheHealth) {
  EXPECT_EQ(status("GET", "/jobs", {}), 401);
  EXPECT_EQ(status("GET", "/", {}), 200);
  EXPECT_EQ(status("GET", "/health-check", {}), 200);
  for (const char* right : {"Bearer secret", "bearer secret", "Token secret"})
    EXPECT_EQ(status("GET", "/jobs", {{"authorization", right}}), 200) << right;
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s", "Bearer secre", "Bearer secret2",
                            "Bearer SECRET", "Basic secret", "secret"})
    EXPECT_EQ(status("GET", "/jobs", {{"authorization", wrong}}), 401) << wrong;
  GuardRules open = kRules;
  open.tokens.clear();
  EXPECT_EQ(status("GET", "/jobs", {}, open), 200);
}

TEST(Guard, NamesTheCallerByTheToken) {
  const auto caller = [](const std::string& token) {
    HttpRequest head{.method = "GET",
                     .path = "/jobs",
                     .fields = {{"host", "localhost"}, {"authorization", "Bearer " + token}}};
    refused(head, kRules);
    return head.caller;
  };
  EXPECT_EQ(caller("secret"), "ann");
  EXPECT_EQ(caller("other"), "bob");
  EXPECT_EQ(caller("ann"), "");
}

// A page of evil.example whose name was bound to 127.0.0.1 meanwhile.
TEST(Guard, IsCalledByItsOwnNamesAloneWhateverThePort) {
  const Fields token{{"authorization", "Bearer secret"}};
  for (const char* good : {"localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:8000"}) {
    Fields fields = token;
    fields["host"] = good;
    EXPECT_EQ(status("GET", "/jobs", fields), 200) << good;
  }
  for (const char* bad :
       {"", "evil.example", "localhost.evil.example:8000", "[::2]", "[::1", "[::1]x",
        "localhost:x@evil.example", "localhost:1:2", "localhost:123456"}) {
    Fields fields = token;
    fields["host"] = bad;
    EXPECT_EQ(status("GET", "/", fields), 403) << bad;
  }
}

TEST(Guard, RefusesOtherWebSites) {
  const auto with = [](const std::string& field, const std::string& value) {
    return Fields{{"authorization", "Bearer secret"}, {field, value}};
  };
  EXPECT_EQ(status("POST", "/jobs", with("origin", "http://localhost:8000")), 200);
  EXPECT_EQ(status("POST", "/jobs", with("origin", "http://evil.example")), 403);
  EXPECT_EQ(status("GET", "/jobs", with("origin", "http://evil.example")), 403);
  EXPECT_EQ(status("POST", "/jobs", with("origin", "null")), 403);
  EXPECT_EQ(status("POST", "/jobs", with("sec-fetch-site", "cross-site")), 403);
  EXPECT_EQ(status("POST", "/jobs", with("sec-fetch-site", "same-origin")), 200);
  EXPECT_EQ(status("GET", "/", with("sec-fetch-site", "cross-site")), 200);  // a link to the page
}

}  // namespace
}  // namespace lorahub::net
