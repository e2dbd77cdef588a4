#include "plan/makespan.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

namespace lorahub::plan {
namespace {

// A request ends on a rank, or (rank < 0) a group hands in its next round.
struct Event {
  double time = 0;
  int rank = -1, group = 0;
  bool operator>(const Event& other) const { return time > other.time; }
};

double seconds_of(const SearchWork& work) {
  return work.request_cost * std::accumulate(work.rounds.begin(), work.rounds.end(), 0) +
         work.batch_cost * work.batches;
}

class Play {
 public:
  Play(const std::vector<SearchWork>& trials, const workers::RankLayout& layout)
      : trials_(trials),
        ranks_(layout.ranks),
        shares_(layout, sizes(trials)),
        free_at_(static_cast<size_t>(layout.ranks), 0),
        groups_(static_cast<size_t>(shares_.groups())) {}

  Prediction run() {
    for (int group = 0; group < shares_.groups(); ++group) events_.push({.group = group});
    double now = 0, busy = 0;
    for (; !events_.empty(); hand_out(now)) {
      const Event event = events_.top();
      events_.pop();
      if (event.rank < 0) {
        next_round(event);
        continue;
      }
      now = event.time;
      shares_.done(event.rank, event.group);
      if (--groups_[static_cast<size_t>(event.group)].missing == 0)
        events_.push({.time = now + kFloor, .group = event.group});
    }
    for (const SearchWork& work : trials_) busy += seconds_of(work);
    return {.groups = shares_.groups(),
            .seconds = now,
            .utilisation = now > 0 ? busy / (now * ranks_) : 1};
  }

 private:
  struct Group {
    const SearchWork* work = nullptr;
    size_t round = 0;  // the next round
    int missing = 0;   // requests of this round that have not ended
    double cost = 0;   // of each request
  };

  static std::vector<workers::JobSize> sizes(const std::vector<SearchWork>& trials) {
    std::vector<workers::JobSize> sizes;
    for (const SearchWork& work : trials) sizes.push_back(size_of(work));
    return sizes;
  }

  void next_round(const Event& event) {
    now_ = event.time;
    Group& group = groups_[static_cast<size_t>(event.group)];
    for (;;) {
      if (group.work == nullptr || group.round > group.work->rounds.size()) {
        const std::optional<int> job = shares_.take(event.group);
        if (!job) return;
        group = {.work = &trials_[static_cast<size_t>(*job)]};
      }
      const bool answers = group.round == group.work->rounds.size();  // the last round
      group.cost = answers ? group.work->batch_cost : group.work->request_cost;
      group.missing = answers ? group.work->batches : group.work->rounds[group.round];
      ++group.round;
      if (group.missing == 0) continue;
      shares_.submit(event.group, group.missing);
      return;
    }
  }

  void hand_out(double now) {
    now = std::max(now, now_);
    while (const auto assignment = shares_.next()) {
      const Group& group = groups_[static_cast<size_t>(assignment->group)];
      double& free = free_at_[static_cast<size_t>(assignment->rank)];
      free = std::max(free, now) + group.cost;
      events_.push({.time = free, .rank = assignment->rank, .group = assignment->group});
    }
  }

  const std::vector<SearchWork>& trials_;
  int ranks_;
  workers::RankGroups shares_;
  std::vector<double> free_at_;  // by rank: when it will have computed what it was given
  std::vector<Group> groups_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  double now_ = 0;  // when the last round was handed in
};

}  // namespace

SearchWork scaled(SearchWork work, double factor) {
  work.request_cost *= factor;
  work.batch_cost *= factor;
  return work;
}

workers::JobSize size_of(const SearchWork& work) {
  const int searched = std::accumulate(work.rounds.begin(), work.rounds.end(), 0);
  const int widest = work.rounds.empty() ? 0 : *std::ranges::max_element(work.rounds);
  return {.cost = seconds_of(work),
          .requests = std::max(1, searched + work.batches),
          .width = std::max({1, widest, work.batches})};
}

Prediction predict(const std::vector<SearchWork>& trials, const workers::RankLayout& layout) {
  return trials.empty() ? Prediction{} : Play(trials, layout).run();
}

Prediction best_prediction(const std::vector<SearchWork>& trials, int ranks) {
  const int most = std::min(ranks, static_cast<int>(trials.size()));
  Prediction best = predict(trials, {.ranks = ranks, .groups = 1});
  for (int groups = 2; groups <= most; groups += 1 + groups / 8) {
    const Prediction other = predict(trials, {.ranks = ranks, .groups = groups});
    if (other.seconds < 0.999 * best.seconds) best = other;
  }
  if (most > 1) {
    const Prediction all = predict(trials, {.ranks = ranks, .groups = most});
    if (all.seconds < 0.999 * best.seconds) best = all;
  }
  return best;
}

}  // namespace lorahub::plan
