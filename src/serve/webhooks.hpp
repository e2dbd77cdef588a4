// Tells others how jobs go: signed messages to the addresses that their clients named, as
// Replicate's webhooks, to receivers that whoever started the service has allowed.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "serve/service_job.hpp"

namespace lorahub::serve {

// What an address has to begin with, such as "https://hooks.example/lorahub/".
class WebhookPrefixes {
 public:
  // Error for what is no prefix of a URL with its path.
  explicit WebhookPrefixes(const std::vector<std::string>& prefixes);
  // Nothing where messages may go there; else why not, as a sentence for the client.
  std::optional<std::string> refusal(const std::string& url) const;
  // Whether `url` begins with a listed prefix whose host is a private address.
  bool is_listed_private(const std::string& url) const;

 private:
  std::vector<std::string> prefixes_;
};

// The kinds of messages that clients may choose from.
const std::vector<std::string>& webhook_events();

class Webhooks {
 public:
  struct Uses {
    const WebhookPrefixes& prefixes;
    std::string key;  // base64
    // The body of a message about the job. It and told() are called by several threads.
    std::function<std::string(const ServiceJob&)> body;
    // The last message about a job has arrived, or is given up.
    std::function<void(const std::string& id)> told;
  };
  explicit Webhooks(Uses uses);
  ~Webhooks();  // messages that have not arrived are sent when the service begins again
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  // Queues a message about the job where its client asked for this kind, and returns at once.
  void tell(const ServiceJob& job, const std::string& kind);
  // The secret by which a receiver checks the messages about that owner's jobs: "whsec_" and
  // base64.
  std::string secret(const std::string& owner) const;

 private:
  struct Message {
    ServiceJob job;
    std::string kind, id;
    int tries = 0;
  };
  using Clock = std::chrono::steady_clock;
  using Waiting = std::multimap<Clock::time_point, Message>;  // by when they are due
  std::string key_of(const std::string& owner) const;
  void end();
  void work();
  // The message that is due first, of those about jobs of which no message is being sent; the end
  // of waiting_ where there is none.
  Waiting::iterator next();
  bool send(const Message& message) const;
  void sent(Message message, bool has_arrived);
  Uses uses_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Waiting waiting_;
  std::set<std::string> sending_;                  // jobs of messages that are on their way
  std::map<std::string, Clock::time_point> logs_;  // when the last ones were told, by job
  bool stops_ = false;
  std::vector<std::jthread> threads_;  // a receiver that does not answer holds up one of them
};

}  // namespace lorahub::serve
