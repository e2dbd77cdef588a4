// What the service has answered since it was started, counted for Prometheus.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace lorahub::serve {

struct AnsweredRequest {
  std::string method, route;  // "": refused before it had a route
  int code = 200;
  auto operator<=>(const AnsweredRequest&) const = default;
};

// Several threads may call it.
class Metrics {
 public:
  void count(const AnsweredRequest& request);
  std::map<AnsweredRequest, uint64_t> requests() const;

 private:
  mutable std::mutex mutex_;
  std::map<AnsweredRequest, uint64_t> requests_;
};

}  // namespace lorahub::serve
