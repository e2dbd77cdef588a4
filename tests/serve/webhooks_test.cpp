#include "serve/webhooks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

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

ServiceJob told_at_a_closed_port(const std::string& id) {
  return {.id = id, .webhook = {.url = "http://127.0.0.1:1/"}};
}

TEST(Webhooks, AReceiverThatKeepsUsWaitingHoldsUpItsOwnJobAlone) {
  const WebhookPrefixes prefixes({"http://127.0.0.1:1/"});
  std::promise<void> first_is_sent, other_is_sent;
  std::atomic<int> sent_of_first = 0;
  const std::future<void> other = other_is_sent.get_future();
  bool other_came = false;
  Webhooks webhooks({.prefixes = prefixes,
                     .key = "",
                     .body =
                         [&](const ServiceJob& job) {
                           if (job.id == "other") {
                             EXPECT_LE(sent_of_first, 1);
                             other_is_sent.set_value();
                           } else if (++sent_of_first == 1) {
                             other_came = other.wait_for(std::chrono::seconds(60)) ==
                                          std::future_status::ready;
                           } else {
                             first_is_sent.set_value();
                           }
                           return std::string("{}");
                         },
                     .told = [](const std::string&) {}});
  webhooks.tell(told_at_a_closed_port("first"), "start");
  webhooks.tell(told_at_a_closed_port("first"), "output");  // waits for the one before it
  webhooks.tell(told_at_a_closed_port("other"), "start");
  first_is_sent.get_future().wait();
  EXPECT_TRUE(other_came);
}

}  // namespace
}  // namespace lorahub::serve
