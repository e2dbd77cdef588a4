// Which rank computes what. Groups of ranks take jobs (trials) from one queue, the costliest first;
// the requests of a group's job go to its ranks. It is our own, since MPI has no scheduler and
// batch systems know whole jobs alone, and it knows no MPI and no clock, so that plan/makespan.hpp
// predicts a run with the same code.
#pragma once
#include <optional>
#include <vector>

namespace lorahub::workers {

struct JobSize {
  double cost = 1;   // predicted, any unit
  int requests = 1;  // in all
  int width = 1;     // requests that can be computed at the same time, at most
};

struct RankLayout {
  int ranks = 1;
  int groups = 1;  // at most; never more than ranks or jobs
  int depth = 2;   // requests a rank is given at once: those it computes, and one that waits
};

class RankGroups {
 public:
  RankGroups(const RankLayout& layout, std::vector<JobSize> jobs);

  int groups() const { return static_cast<int>(groups_.size()); }
  int ranks_of(int group) const { return static_cast<int>(members(group).size()); }
  const std::vector<int>& members(int group) const { return groups_[index(group)].ranks; }

  // Returns the group's next job. Nothing where the queue is empty: then the group's ranks join the
  // other groups, those with the most cost left per rank first.
  std::optional<int> take(int group);

  // The group's job hands in `requests` requests, numbered from 0; those that it handed in before
  // are done.
  void submit(int group, int requests);

  struct Assignment {
    int rank = 0, group = 0, job = 0, request = 0;
    bool joins = false;  // this is the rank's first request of this job
  };
  // The next request for a rank. Nothing where every rank has as many as RankLayout::depth, or
  // where no request is left.
  std::optional<Assignment> next();
  void done(int rank, int group);

 private:
  struct RankGroup {
    std::vector<int> ranks;
    int job = -1;
    int next_request = 0, requests = 0;  // of the requests submitted last
    int requests_done = 0;               // of the job
  };
  struct Rank {
    int group = -1, job = -1, in_flight = 0;
  };
  static size_t index(int i) { return static_cast<size_t>(i); }
  void share_out(const std::vector<int>& ranks);
  double cost_left_per_rank(const RankGroup& group) const;
  bool wants_more(const RankGroup& group) const;
  std::optional<int> idlest(const RankGroup& group) const;

  int depth_;
  std::vector<JobSize> jobs_;
  std::vector<int> queue_;  // jobs, the costliest last
  std::vector<RankGroup> groups_;
  std::vector<Rank> ranks_;
  int turn_ = 0;  // the group that is asked first
};

}  // namespace lorahub::workers
