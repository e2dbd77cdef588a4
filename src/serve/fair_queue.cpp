#include "serve/fair_queue.hpp"

#include <algorithm>

namespace lorahub::serve {
namespace {

constexpr int kMostTurns = 100'000;  // that are thought through
constexpr double kLeastTurn = 0.01;  // seconds, of jobs that are expected to take no time

// Seconds by owner; who has not been served yet is not among them.
double served_seconds(const std::map<std::string, double>& served, const std::string& owner) {
  const auto found = served.find(owner);
  return found == served.end() ? 0 : found->second;
}

// The owner who has been served least; among equals the one whose job came first.
template <class Waiting>
auto least_served_of(Waiting& waiting, const std::map<std::string, double>& served) {
  const auto rank = [&](const auto& entry) {
    return std::pair(served_seconds(served, entry.first), entry.second.begin()->first.second);
  };
  return std::ranges::min_element(waiting, {}, rank);
}

}  // namespace

// Who comes anew has no claim to the time in which nothing was asked for.
void FairQueue::add(const WaitingJob& job) {
  const bool is_active = waiting_.contains(job.owner) || running_ == job.owner;
  if (!is_active) served_[job.owner] = std::max(served_[job.owner], least_served());
  waiting_[job.owner].emplace(Order(!job.is_short, job.number), job);
}

// Of those who wait or are served now; 0 where there is nobody.
double FairQueue::least_served() const {
  std::optional<double> least;
  const auto look = [&](const std::string& owner) {
    const double served = served_seconds(served_, owner);
    least = least ? std::min(*least, served) : served;
  };
  for (const auto& [owner, jobs] : waiting_) look(owner);
  if (running_) look(*running_);
  return least.value_or(0);
}

bool FairQueue::remove(const std::string& id) {
  for (auto& [owner, jobs] : waiting_) {
    const auto found =
        std::ranges::find_if(jobs, [&](const auto& entry) { return entry.second.id == id; });
    if (found == jobs.end()) continue;
    jobs.erase(found);
    if (jobs.empty()) waiting_.erase(owner);
    return true;
  }
  return false;
}

std::optional<std::string> FairQueue::next() const {
  if (waiting_.empty()) return std::nullopt;
  return least_served_of(waiting_, served_)->second.begin()->second.id;
}

size_t FairQueue::size() const {
  size_t count = 0;
  for (const auto& [owner, jobs] : waiting_) count += jobs.size();
  return count;
}

size_t FairQueue::size_of(const std::string& owner) const {
  const auto found = waiting_.find(owner);
  return found == waiting_.end() ? 0 : found->second.size();
}

void FairQueue::serve(const std::string& owner, double seconds) { served_[owner] += seconds; }

bool FairQueue::is_anothers_turn() const {
  if (!running_) return false;
  const auto served = [this](const std::string& owner) { return served_seconds(served_, owner); };
  return std::ranges::any_of(waiting_, [&](const auto& entry) {
    const auto& [owner, jobs] = entry;
    return owner == *running_ ? jobs.begin()->second.is_short : served(owner) < served(*running_);
  });
}

std::map<std::string, QueuePlace> FairQueue::places(double slice, double left) const {
  auto waiting = waiting_;
  auto served = served_;
  std::map<std::string, QueuePlace> places;
  double time = 0;
  const auto take = [&](const std::string& owner, double seconds) {
    time += seconds;
    served[owner] += seconds;
  };
  if (running_) {
    const double turn =
        waiting.contains(*running_) && waiting.size() == 1 ? left : std::min(slice, left);
    take(*running_, turn);
    if (left > turn)  // it goes on in its owner's turns, before the owner's other jobs
      waiting[*running_].emplace(Order(false, 0), WaitingJob{.seconds = left - turn});
  }
  for (int turns = 0; !waiting.empty() && turns < kMostTurns; ++turns) {
    const auto who = least_served_of(waiting, served);
    WaitingJob& job = who->second.begin()->second;
    if (!job.id.empty() && !places.contains(job.id)) {
      const int place = static_cast<int>(places.size()) + 1;
      places.emplace(job.id, QueuePlace{.place = place, .starts_in = time});
    }
    const double turn =
        std::max(kLeastTurn, waiting.size() == 1 ? job.seconds : std::min(slice, job.seconds));
    take(who->first, turn);
    job.seconds -= turn;
    if (job.seconds > 0) continue;
    who->second.erase(who->second.begin());
    if (who->second.empty()) waiting.erase(who);
  }
  return places;
}

}  // namespace lorahub::serve
