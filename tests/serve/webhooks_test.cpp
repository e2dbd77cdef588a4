#include "serve/webhooks.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"

namespace lorahub::serve {
namespace {

TEST(WebhookPrefixes, AllowNothingUnlessAsked) {
  EXPECT_TRUE(WebhookPrefixes({}).refusal("https://hooks.example/a"));
}

TEST(WebhookPrefixes, AllowWhatBeginsWithThem) {
  const WebhookPrefixes prefixes({"https://hooks.example/lorahub/", "http://127.0.0.1:9000"});
  for (const char* good : {"https://hooks.example/lorahub/", "https://hooks.example/lorahub/x?y=z",
                           "http://127.0.0.1:9000/", "http://127.0.0.1:9000/x"})
    EXPECT_FALSE(prefixes.refusal(good)) << good;
  for (const char* bad :
       {"https://hooks.example/", "https://hooks.example/other", "http://hooks.example/lorahub/",
        "https://hooks.example/lorahub/../x", "https://hooks.example.evil/lorahub/",
        "http://127.0.0.1:9000@evil.example/", "http://127.0.0.1:90001/", "http://127.0.0.1:9000",
        "http://169.254.169.254/", "https://hooks.example/lorahub/\r\nx"})
    EXPECT_TRUE(prefixes.refusal(bad)) << bad;
}

TEST(WebhookPrefixes, APrivateAddressHasToBeNamed) {
  const WebhookPrefixes prefixes({"https://hooks.example/", "http://127.0.0.1:9000/"});
  EXPECT_TRUE(prefixes.is_listed_private("http://127.0.0.1:9000/x"));
  EXPECT_FALSE(prefixes.is_listed_private("https://hooks.example/x"));
}

TEST(WebhookPrefixes, RefuseWhatIsNoAddress) {
  for (const char* wrong : {"", "hooks.example", "ftp://a/", "http://user@a/"})
    EXPECT_THROW(WebhookPrefixes({wrong}), base::Error) << wrong;
}

}  // namespace
}  // namespace lorahub::serve
