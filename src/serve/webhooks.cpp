#include "serve/webhooks.hpp"

#include <algorithm>
#include <cmath>

#include "base/base64.hpp"
#include "base/check.hpp"
#include "base/hmac.hpp"
#include "net/http_post.hpp"
#include "serve/secrets.hpp"

namespace lorahub::serve {
namespace {

constexpr std::chrono::milliseconds kBetweenLogs{500};
constexpr int kMostTries = 12;  // of the message that the job has ended; the others are sent once
constexpr double kFirstPause = 0.1, kMostPause = 60;  // seconds; each pause is twice the last one
constexpr int kMessageBytes = 12;
constexpr int kThreads = 4;
constexpr size_t kMostUrl = 2000;  // bytes

bool is_private_host(const std::string& host) {
  return host == "localhost" ||
         (host.find_first_not_of("0123456789.:abcdef") == std::string::npos &&
          net::is_private_address(host));
}

}  // namespace

const std::vector<std::string>& webhook_events() {
  static const std::vector<std::string> kinds{"start", "output", "logs", "completed"};
  return kinds;
}

WebhookPrefixes::WebhookPrefixes(const std::vector<std::string>& prefixes) : prefixes_(prefixes) {
  for (std::string& prefix : prefixes_) {
    const std::optional<net::Url> url = net::parse_url(prefix);
    base::check(url.has_value(),
                "--webhook-to {}: is no http or https URL, give one such as "
                "https://hooks.example/lorahub/",
                prefix);
    if (prefix.find('/', prefix.find("://") + 3) == std::string::npos) prefix += '/';
  }
}

std::optional<std::string> WebhookPrefixes::refusal(const std::string& url) const {
  if (prefixes_.empty())
    return "This service sends no webhooks, start it with --webhook-to, or leave `webhook` out.";
  const bool is_allowed = std::ranges::any_of(
      prefixes_, [&](const std::string& prefix) { return url.starts_with(prefix); });
  if (url.size() > kMostUrl)
    return base::format("The address of `webhook` has more than {} bytes, give a shorter one.",
                        kMostUrl);
  if (is_allowed && net::parse_url(url)) return std::nullopt;
  return "This service sends no webhooks to that address, choose one that --webhook-to allows.";
}

bool WebhookPrefixes::is_listed_private(const std::string& url) const {
  return std::ranges::any_of(prefixes_, [&](const std::string& prefix) {
    return url.starts_with(prefix) && is_private_host(net::parse_url(prefix)->host);
  });
}

Webhooks::Webhooks(Uses uses) : uses_(std::move(uses)) {
  try {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {  // the system gives no more threads
    end();
    throw;
  }
}

Webhooks::~Webhooks() { end(); }

void Webhooks::end() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void Webhooks::tell(const ServiceJob& job, const std::string& kind) {
  const auto& wanted = job.webhook.events;
  if (!wanted.empty() && std::ranges::find(wanted, kind) == wanted.end()) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (kind == "logs") {
    const auto last = logs_.find(job.id);
    if (last != logs_.end() && now - last->second < kBetweenLogs) return;
    logs_[job.id] = now;
  }
  if (kind == "completed") logs_.erase(job.id);
  waiting_.emplace(now,
                   Message{.job = job, .kind = kind, .id = "msg_" + random_hex(kMessageBytes)});
  changed_.notify_all();
}

// Each owner has a key of their own, so that nobody signs in another's name.
std::string Webhooks::key_of(const std::string& owner) const {
  return base::hmac_sha256(base::from_base64(uses_.key).value_or(""), owner);
}

std::string Webhooks::secret(const std::string& owner) const {
  return "whsec_" + base::to_base64(key_of(owner));
}

Webhooks::Waiting::iterator Webhooks::next() {
  return std::ranges::find_if(
      waiting_, [&](const auto& entry) { return !sending_.contains(entry.second.job.id); });
}

void Webhooks::work() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    const auto first = next();
    if (first == waiting_.end()) {
      changed_.wait(lock);
    } else if (const auto due = first->first; due > Clock::now()) {
      changed_.wait_until(lock, due);
    } else {
      Message message = std::move(first->second);
      const std::string job = message.job.id;
      waiting_.erase(first);
      sending_.insert(job);
      lock.unlock();
      const bool has_arrived = send(message);
      sent(std::move(message), has_arrived);
      lock.lock();
      sending_.erase(job);
      changed_.notify_all();
    }
  }
}

// Whether it need not be sent again: it has arrived, or the receiver does not want it.
bool Webhooks::send(const Message& message) const {
  try {
    const std::string& url = message.job.webhook.url;
    if (uses_.prefixes.refusal(url)) return true;  // the service allows fewer than it did
    const std::string body = uses_.body(message.job);
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::string time = std::to_string(now.count());
    const std::string digest = base::hmac_sha256(key_of(message.job.owner),
                                                 base::format("{}.{}.{}", message.id, time, body));
    const int status = net::http_post(
        {.url = *net::parse_url(url),
         .fields = {{"Content-Type", "application/json"},
                    {"webhook-id", message.id},
                    {"webhook-timestamp", time},
                    {"webhook-signature", "v1," + base::to_base64(digest)}},
         .body = body,
         .targets = uses_.prefixes.is_listed_private(url) ? net::PostTargets::any
                                                          : net::PostTargets::public_ones});
    return status != 429 && status < 500;
  } catch (const std::exception&) {
    return false;
  }
}

void Webhooks::sent(Message message, bool has_arrived) {
  const bool is_last = message.kind == "completed";
  if (!has_arrived && is_last && ++message.tries < kMostTries) {
    const double pause = std::min(kMostPause, kFirstPause * std::exp2(message.tries - 1));
    const auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(pause));
    const std::lock_guard lock(mutex_);
    waiting_.emplace(due, std::move(message));
  } else if (is_last) {
    uses_.told(message.job.id);
  }
}

}  // namespace lorahub::serve
