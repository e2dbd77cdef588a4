// The connections of a server, of which there are only so many. A new one that finds no room takes
// the place of the oldest one of the caller who holds the most, so that nobody keeps the others
// out. All clients that have shown no token count as one caller.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace lorahub::net {

// Several threads may call any function.
class OpenConnections {
 public:
  explicit OpenConnections(size_t most) : most_(most) {}

  // A place for a connection of nobody known yet. `close` is called, by whichever thread, when the
  // place is taken away; it must not call this object.
  uint64_t enter(std::function<void()> close);
  // The connection in the place has a request of that caller, which makes it the newest.
  void asks(uint64_t& place, const std::string& caller);
  void leave(uint64_t place);
  size_t count() const;

 private:
  struct Open {
    std::string caller;
    std::function<void()> close;
  };
  std::function<void()> freed_place();
  const size_t most_;
  mutable std::mutex mutex_;
  std::map<uint64_t, Open> open_;  // by place, the oldest first
  uint64_t last_ = 0;
};

}  // namespace lorahub::net
