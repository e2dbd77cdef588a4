#include "workers/rank_groups.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace lorahub::workers {

RankGroups::RankGroups(const RankLayout& layout, std::vector<JobSize> jobs)
    : depth_(layout.depth), jobs_(std::move(jobs)) {
  queue_.resize(jobs_.size());
  std::iota(queue_.begin(), queue_.end(), 0);
  std::reverse(queue_.begin(), queue_.end());  // equal costs: in the order given
  std::ranges::stable_sort(queue_, {}, [this](int job) { return jobs_[index(job)].cost; });
  const int jobs_there = static_cast<int>(jobs_.size());
  groups_.resize(index(std::max(1, std::min({layout.groups, layout.ranks, jobs_there}))));
  ranks_.resize(index(layout.ranks));
  // Ranks next to each other (on one node) work together. Where every job has its group at once,
  // further ranks go to the costliest jobs.
  const int even = layout.ranks / groups();
  const int each = jobs_there <= groups() ? 1 : even;
  std::vector<int> rest;
  for (int rank = 0; rank < layout.ranks; ++rank) {
    const int group = rank / each;
    if (group < groups()) {
      groups_[index(group)].ranks.push_back(rank);
      ranks_[index(rank)].group = group;
    } else {
      rest.push_back(rank);
    }
  }
  if (jobs_there <= groups()) {
    for (int g = 0; g < jobs_there; ++g)
      groups_[index(g)].job = queue_[queue_.size() - 1 - index(g)];
    share_out(rest);
    for (RankGroup& group : groups_) group.job = -1;
  } else {
    for (size_t i = 0; i < rest.size(); ++i) {
      groups_[i].ranks.push_back(rest[i]);
      ranks_[index(rest[i])].group = static_cast<int>(i);
    }
  }
}

double RankGroups::cost_left_per_rank(const RankGroup& group) const {
  const JobSize& job = jobs_[index(group.job)];
  const double left = 1 - std::min(1.0, static_cast<double>(group.requests_done) / job.requests);
  return job.cost * left / static_cast<double>(std::max<size_t>(1, group.ranks.size()));
}

bool RankGroups::wants_more(const RankGroup& group) const {
  return group.job >= 0 && static_cast<int>(group.ranks.size()) < jobs_[index(group.job)].width;
}

// Sends each of these ranks to the group with the most cost left per rank. A rank that no job can
// use stays without a group.
void RankGroups::share_out(const std::vector<int>& ranks) {
  for (const int rank : ranks) {
    ranks_[index(rank)].group = -1;
    RankGroup* neediest = nullptr;
    for (RankGroup& group : groups_)
      if (wants_more(group) &&
          (neediest == nullptr || cost_left_per_rank(group) > cost_left_per_rank(*neediest)))
        neediest = &group;
    if (neediest == nullptr) continue;
    neediest->ranks.push_back(rank);
    ranks_[index(rank)].group = static_cast<int>(neediest - groups_.data());
  }
}

std::optional<int> RankGroups::take(int number) {
  RankGroup& group = groups_[index(number)];
  group.requests = group.next_request = group.requests_done = 0;
  group.job = -1;
  if (queue_.empty()) {
    std::vector<int> free;
    for (size_t rank = 0; rank < ranks_.size(); ++rank)  // also those that nobody could use before
      if (ranks_[rank].group == number || ranks_[rank].group < 0)
        free.push_back(static_cast<int>(rank));
    group.ranks.clear();
    share_out(free);
    return std::nullopt;
  }
  group.job = queue_.back();
  queue_.pop_back();
  return group.job;
}

void RankGroups::submit(int group, int requests) {
  RankGroup& g = groups_[index(group)];
  assert(g.job >= 0 && g.next_request == g.requests);
  g.next_request = 0;
  g.requests = requests;
}

std::optional<int> RankGroups::idlest(const RankGroup& group) const {
  std::optional<int> best;
  for (const int rank : group.ranks) {
    const int in_flight = ranks_[index(rank)].in_flight;
    if (in_flight < depth_ && (!best || in_flight < ranks_[index(*best)].in_flight)) best = rank;
  }
  return best;
}

std::optional<RankGroups::Assignment> RankGroups::next() {
  for (int i = 0; i < groups(); ++i) {
    const int number = (turn_ + i) % groups();
    RankGroup& group = groups_[index(number)];
    if (group.next_request == group.requests) continue;
    const std::optional<int> rank = idlest(group);
    if (!rank) continue;
    Rank& r = ranks_[index(*rank)];
    ++r.in_flight;
    turn_ = number;
    return Assignment{.rank = *rank,
                      .group = number,
                      .job = group.job,
                      .request = group.next_request++,
                      .joins = std::exchange(r.job, group.job) != group.job};
  }
  return std::nullopt;
}

void RankGroups::done(int rank, int group) {
  --ranks_[index(rank)].in_flight;
  if (groups_[index(group)].job >= 0) ++groups_[index(group)].requests_done;
}

}  // namespace lorahub::workers
