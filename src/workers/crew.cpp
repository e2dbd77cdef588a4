#include "workers/crew.hpp"

#include <cassert>
#include <utility>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

[[noreturn]] void raise(const Outcome& outcome) {
  if (outcome.result == Result::interruption) throw base::Interrupted(outcome.bytes);
  throw base::Error(outcome.bytes);
}

}  // namespace

std::vector<Outcome> Leader::call(const std::vector<std::string>& units) const {
  return crew_.call(group_, units);
}

int Leader::slots() const {
  const std::lock_guard lock(crew_.mutex_);
  const int seats = crew_.scheduler_->ranks_of(group_);
  return std::max(1, seats * crew_.team_.threads / crew_.team_.jobs);
}

void Crew::post(int rank, const Sent& sent, std::string request) {
  sent_[++tickets_] = sent;
  outbox_.push_back({.rank = rank, .task = {.ticket = tickets_, .request = std::move(request)}});
}

// Other ranks' messages say where they come from.
Outcome Crew::named(int rank, Outcome outcome) const {
  if (outcome.result != Result::reply && rank != 0)
    outcome.bytes = base::format("rank {} on {}: {}", rank, team_.hosts[static_cast<size_t>(rank)],
                                 outcome.bytes);
  return outcome;
}

void Crew::wait_for(std::unique_lock<std::mutex>& lock, const Call& call) {
  bell_.ring();
  changed_.wait(lock, [&] { return stop_ || call.missing == 0; });
  if (!stop_) return;
  std::erase_if(sent_, [&](const auto& sent) { return sent.second.call == &call; });
  std::rethrow_exception(stop_);
}

std::vector<std::string> Crew::everyone(const std::string& request) {
  std::unique_lock lock(mutex_);
  const auto count = static_cast<size_t>(ranks());
  Call call{.requests = {}, .outcomes = std::vector<Outcome>(count), .missing = count};
  for (int rank = 0; rank < ranks(); ++rank)
    post(rank, {.call = &call, .unit = static_cast<size_t>(rank)}, request);
  wait_for(lock, call);
  std::vector<std::string> replies;
  for (Outcome& outcome : call.outcomes) {
    if (outcome.result != Result::reply) raise(outcome);
    replies.push_back(std::move(outcome.bytes));
  }
  return replies;
}

void Crew::work(const std::vector<Job>& jobs, int groups) {
  if (jobs.empty()) return;
  std::vector<JobSize> sizes;
  for (const Job& job : jobs) sizes.push_back(job.size);
  {
    const std::lock_guard lock(mutex_);
    scheduler_.emplace(
        Layout{.ranks = ranks() * team_.jobs, .groups = groups, .depth = threads_of_a_seat() + 1},
        std::move(sizes));
    jobs_ = &jobs;
    job_of_.assign(static_cast<size_t>(scheduler_->groups()), -1);
    failed_joins_.clear();
    first_error_ = nullptr;
  }
  {
    std::vector<std::jthread> leads;
    for (int group = 0; group < scheduler_->groups(); ++group)
      leads.emplace_back([this, &jobs, group] { lead(jobs, group); });
  }
  const std::lock_guard lock(mutex_);
  scheduler_.reset();
  calls_.clear();
  if (first_error_) std::rethrow_exception(first_error_);
}

void Crew::lead(const std::vector<Job>& jobs, int group) {
  for (;;) {
    std::optional<int> job;
    {
      const std::lock_guard lock(mutex_);
      if (first_error_ || stop_) return;
      job = scheduler_->take(group);
      if (job) job_of_[static_cast<size_t>(group)] = *job;
    }
    bell_.ring();  // its ranks may have work in other groups now
    if (!job) return;
    try {
      jobs[static_cast<size_t>(*job)].lead(Leader(*this, group));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_error_) first_error_ = std::current_exception();
    }
  }
}

std::vector<Outcome> Crew::call(int group, const std::vector<std::string>& units) {
  std::unique_lock lock(mutex_);
  if (stop_) std::rethrow_exception(stop_);
  if (units.empty()) return {};
  Call call{
      .requests = units, .outcomes = std::vector<Outcome>(units.size()), .missing = units.size()};
  calls_[group] = &call;
  scheduler_->submit(group, static_cast<int>(units.size()));
  wait_for(lock, call);
  const auto join = failed_joins_.find(job_of_[static_cast<size_t>(group)]);
  if (join != failed_joins_.end()) raise(join->second);
  for (const Outcome& outcome : call.outcomes)
    if (outcome.result == Result::interruption) raise(outcome);
  return std::move(call.outcomes);
}

std::vector<Crew::Posting> Crew::outbox() {
  const std::lock_guard lock(mutex_);
  while (scheduler_ && !stop_) {
    const std::optional<Scheduler::Order> order = scheduler_->next();
    if (!order) break;
    const int rank = rank_of(order->rank);
    const auto sent = [&](Call* call, size_t unit) {
      return Sent{.call = call,
                  .unit = unit,
                  .seat = order->rank,
                  .group = order->group,
                  .job = order->job};
    };
    if (order->joins) post(rank, sent(nullptr, 0), (*jobs_)[static_cast<size_t>(order->job)].join);
    Call& call = *calls_.at(order->group);
    const auto unit = static_cast<size_t>(order->unit);
    post(rank, sent(&call, unit), call.requests[unit]);
  }
  return std::exchange(outbox_, {});
}

void Crew::arrived(int rank, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  busy_ += outcome.seconds;
  const auto sent = sent_.find(outcome.ticket);
  if (sent == sent_.end()) return;  // of a call that was stopped
  const auto [call, unit, seat, group, job] = sent->second;
  sent_.erase(sent);
  if (scheduler_ && group >= 0 && call != nullptr) scheduler_->done(seat, group);
  if (call == nullptr) {
    if (outcome.result != Result::reply)
      failed_joins_.emplace(job, named(rank, std::move(outcome)));
    return;
  }
  call->outcomes[unit] = named(rank, std::move(outcome));
  if (--call->missing == 0) changed_.notify_all();
}

void Crew::stop(const std::exception_ptr& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_) stop_ = reason;
  }
  changed_.notify_all();
}

double Crew::busy_seconds() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

}  // namespace lorahub::workers
