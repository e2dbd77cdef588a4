#include "net/open_connections.hpp"

#include <algorithm>
#include <utility>

namespace lorahub::net {

uint64_t OpenConnections::enter(std::function<void()> close) {
  std::function<void()> close_other;
  uint64_t place = 0;
  {
    const std::lock_guard lock(mutex_);
    if (open_.size() >= most_) close_other = freed_place();
    place = ++last_;
    open_.emplace(place, Open{.caller = "", .close = std::move(close)});
  }
  if (close_other) close_other();
  return place;
}

void OpenConnections::asks(uint64_t& place, const std::string& caller) {
  const std::lock_guard lock(mutex_);
  auto found = open_.extract(place);
  if (found.empty()) return;  // it was taken away
  place = ++last_;
  found.key() = place;
  found.mapped().caller = caller;
  open_.insert(std::move(found));
}

void OpenConnections::leave(uint64_t place) {
  const std::lock_guard lock(mutex_);
  open_.erase(place);
}

size_t OpenConnections::count() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

// Takes the place of the oldest connection of whoever holds the most, and gives what closes it.
std::function<void()> OpenConnections::freed_place() {
  std::map<std::string, size_t> held;
  for (const auto& [place, one] : open_) ++held[one.caller];
  const auto most =
      std::ranges::max_element(held, {}, [](const auto& entry) { return entry.second; });
  const auto oldest = std::ranges::find_if(
      open_, [&](const auto& entry) { return entry.second.caller == most->first; });
  if (oldest == open_.end()) return {};
  std::function<void()> close = std::move(oldest->second.close);
  open_.erase(oldest);
  return close;
}

}  // namespace lorahub::net
