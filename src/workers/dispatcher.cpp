#include "workers/dispatcher.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/clock.hpp"
#include "base/fault.hpp"

namespace lorahub::workers {
namespace {

constexpr size_t kTries = 3;  // of a request or a join that ends in a fault

[[noreturn]] void raise(const Outcome& outcome) {
  if (outcome.result == Result::interruption) throw base::Interrupted(outcome.bytes);
  if (outcome.result == Result::fault) throw base::MachineFault(outcome.bytes);
  throw base::Error(outcome.bytes);
}

}  // namespace

std::vector<Outcome> JobHandle::call(const std::vector<std::string>& requests) const {
  return dispatcher_.call(group_, requests);
}

int JobHandle::slots() const {
  const std::lock_guard lock(dispatcher_.mutex_);
  const int seats = dispatcher_.groups_->ranks_of(group_);
  return std::max(1, seats * dispatcher_.team_.threads / dispatcher_.team_.jobs);
}

void Dispatcher::post(int rank, PendingRequest sent, std::string request) {
  const Job* job = sent.job < 0 ? nullptr : &(*jobs_)[static_cast<size_t>(sent.job)];
  const Watch& watch = job != nullptr && job->watch ? job->watch : team_.watch;
  if (watch) sent.patience = watch(request);
  sent.rank = rank;
  sent.tried.push_back(rank);
  sent.since.reset();
  pending_[++tickets_] = std::move(sent);
  outbox_.push_back({.rank = rank, .request = {.ticket = tickets_, .bytes = std::move(request)}});
}

void Dispatcher::post_join(int rank, PendingRequest sent) {
  sent.join = true;
  ++sent.call->missing;
  post(rank, sent, (*jobs_)[static_cast<size_t>(sent.job)].join);
}

// A rank that has not tried it yet: one of the group, else the next one of all, counted round.
int Dispatcher::another_rank(const PendingRequest& sent) const {
  const auto is_new = [&](int rank) { return std::ranges::count(sent.tried, rank) == 0; };
  for (const int seat : groups_->members(sent.group))
    if (is_new(rank_of(seat))) return rank_of(seat);
  const int last = sent.tried.back();
  for (int step = 1; step < ranks(); ++step)
    if (is_new((last + step) % ranks())) return (last + step) % ranks();
  return (last + 1) % ranks();
}

// A join is tried again on the same rank; a request may go to any rank that has joined.
void Dispatcher::try_again(int rank, PendingRequest sent) {
  sent.seat = -1;
  if (sent.join) {
    post(rank, sent, (*jobs_)[static_cast<size_t>(sent.job)].join);
    return;
  }
  const int other = another_rank(sent);
  post_join(other, {.call = sent.call, .group = sent.group, .job = sent.job});
  post(other, sent, sent.call->requests[sent.place]);
}

// Puts rank and host before the messages of other ranks, and before every fault of a machine.
Outcome Dispatcher::named(int rank, Outcome outcome) const {
  if (outcome.result != Result::reply && (rank != 0 || outcome.result == Result::fault))
    outcome.bytes = base::format("rank {} on {}: {}", rank, team_.hosts[static_cast<size_t>(rank)],
                                 outcome.bytes);
  return outcome;
}

void Dispatcher::wait_for(std::unique_lock<std::mutex>& lock, const Call& call) {
  wake_up_.ring();
  changed_.wait(lock, [&] { return stop_ || call.missing == 0; });
  if (!stop_) return;
  std::erase_if(pending_, [&](const auto& sent) { return sent.second.call == &call; });
  std::rethrow_exception(stop_);
}

std::vector<std::string> Dispatcher::everyone(const std::string& request) {
  std::unique_lock lock(mutex_);
  const auto count = static_cast<size_t>(ranks());
  Call call{.requests = {}, .outcomes = std::vector<Outcome>(count), .missing = count};
  for (int rank = 0; rank < ranks(); ++rank)
    post(rank, {.call = &call, .place = static_cast<size_t>(rank)}, request);
  wait_for(lock, call);
  std::vector<std::string> replies;
  for (Outcome& outcome : call.outcomes) {
    if (outcome.result != Result::reply) raise(outcome);
    replies.push_back(std::move(outcome.bytes));
  }
  return replies;
}

void Dispatcher::work(const std::vector<Job>& jobs, int groups) {
  if (jobs.empty()) return;
  std::vector<JobSize> sizes;
  for (const Job& job : jobs) sizes.push_back(job.size);
  {
    const std::lock_guard lock(mutex_);
    groups_.emplace(
        RankLayout{
            .ranks = ranks() * team_.jobs, .groups = groups, .depth = threads_of_a_seat() + 1},
        std::move(sizes));
    jobs_ = &jobs;
    job_of_.assign(static_cast<size_t>(groups_->groups()), -1);
    failed_joins_.clear();
    first_error_ = nullptr;
  }
  {
    std::vector<std::jthread> leads;
    try {
      for (int group = 0; group < groups_->groups(); ++group)
        leads.emplace_back([this, &jobs, group] { lead(jobs, group); });
    } catch (const std::system_error&) {
      end_all(std::make_exception_ptr(
          base::MachineFault(base::cause_of(std::current_exception()).sentence)));
    }
  }
  const std::lock_guard lock(mutex_);
  groups_.reset();
  calls_.clear();
  if (std::exchange(stops_these_jobs_alone_, false)) stop_ = nullptr;
  if (first_error_) std::rethrow_exception(first_error_);
  if (stop_) std::rethrow_exception(stop_);
}

void Dispatcher::lead(const std::vector<Job>& jobs, int group) {
  for (;;) {
    std::optional<int> job;
    {
      const std::lock_guard lock(mutex_);
      if (first_error_ || stop_) return;
      job = groups_->take(group);
      if (job) job_of_[static_cast<size_t>(group)] = *job;
    }
    wake_up_.ring();  // the ranks of this group may have joined others
    if (!job) return;
    try {
      jobs[static_cast<size_t>(*job)].lead(JobHandle(*this, group));
    } catch (const base::Interrupted&) {
      end_all(std::current_exception());
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_error_) first_error_ = std::current_exception();
    }
  }
}

void Dispatcher::end_all(const std::exception_ptr& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!first_error_) first_error_ = reason;
    if (!stop_) {
      stop_ = reason;
      stops_these_jobs_alone_ = true;
    }
  }
  changed_.notify_all();
}

void Dispatcher::check_joins(int job) const {
  const auto failed = failed_joins_.find(job);
  if (failed != failed_joins_.end()) raise(failed->second);
}

std::vector<Outcome> Dispatcher::call(int group, const std::vector<std::string>& requests) {
  std::unique_lock lock(mutex_);
  if (stop_) std::rethrow_exception(stop_);
  if (requests.empty()) return {};
  Call call{.requests = requests,
            .outcomes = std::vector<Outcome>(requests.size()),
            .missing = requests.size()};
  calls_[group] = &call;
  groups_->submit(group, static_cast<int>(requests.size()));
  wait_for(lock, call);
  check_joins(job_of_[static_cast<size_t>(group)]);
  for (const Outcome& outcome : call.outcomes)
    if (outcome.result == Result::interruption || outcome.result == Result::fault) raise(outcome);
  return std::move(call.outcomes);
}

std::vector<Dispatcher::OutgoingRequest> Dispatcher::outbox() {
  const std::lock_guard lock(mutex_);
  while (groups_ && !stop_) {
    const std::optional<RankGroups::Assignment> assignment = groups_->next();
    if (!assignment) break;
    const int rank = rank_of(assignment->rank);
    Call& call = *calls_.at(assignment->group);
    const PendingRequest sent{.call = &call,
                              .place = static_cast<size_t>(assignment->request),
                              .seat = assignment->rank,
                              .group = assignment->group,
                              .job = assignment->job};
    if (assignment->joins) post_join(rank, sent);
    post(rank, sent, call.requests[sent.place]);
  }
  return std::exchange(outbox_, {});
}

void Dispatcher::arrived(int rank, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  busy_ += outcome.seconds;
  const auto sent = pending_.find(outcome.ticket);
  if (sent == pending_.end()) return;  // its call was stopped meanwhile
  const PendingRequest what = sent->second;
  pending_.erase(sent);
  if (groups_ && what.seat >= 0 && !what.join) groups_->done(what.seat, what.group);
  const bool ours = what.group >= 0 && groups_ && !stop_;
  if (outcome.result == Result::fault && ours && what.tried.size() < kTries) {
    try_again(rank, what);
    return;
  }
  if (outcome.result == Result::fault && what.tried.size() > 1)
    outcome.bytes += base::format(" (tried {} times)", what.tried.size());
  if (what.join && outcome.result != Result::reply)
    failed_joins_.emplace(what.job, named(rank, std::move(outcome)));
  else if (!what.join)
    what.call->outcomes[what.place] = named(rank, std::move(outcome));
  if (--what.call->missing == 0) changed_.notify_all();
}

void Dispatcher::stop(const std::exception_ptr& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_ || std::exchange(stops_these_jobs_alone_, false)) stop_ = reason;
  }
  changed_.notify_all();
}

bool Dispatcher::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return stop_ != nullptr;
}

void Dispatcher::look_for_hung_ranks(double now) {
  std::unique_lock lock(mutex_);
  for (auto& [ticket, sent] : pending_) {
    if (!sent.since) sent.since = now;
    const double waited = now - *sent.since;
    if (sent.patience.seconds <= 0 || waited <= sent.patience.seconds) continue;
    const std::string why = base::format(
        "rank {} on {} has been {} for {} and does not end (its disk, its server or its device may "
        "hang), look at that node, or allow more with --hang-timeout; run the same command to go "
        "on",
        sent.rank, team_.hosts[static_cast<size_t>(sent.rank)], sent.patience.words,
        base::duration(waited));
    lock.unlock();
    stop(std::make_exception_ptr(base::MachineFault(why)));
    return;
  }
}

void Dispatcher::at_a_time(int jobs) {
  const std::lock_guard lock(mutex_);
  team_.jobs = jobs;
}

void Dispatcher::note(const std::string& doing) {
  const std::lock_guard lock(mutex_);
  doing_ = doing;
  ++notes_;
}

std::optional<Dispatcher::Lead> Dispatcher::alone() const {
  const std::lock_guard lock(mutex_);
  if (!pending_.empty() || !outbox_.empty()) return std::nullopt;
  return Lead{.doing = doing_, .since = notes_ + tickets_};
}

double Dispatcher::busy_seconds() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

}  // namespace lorahub::workers
