#include "workers/rank_groups.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/random.hpp"

namespace lorahub::workers {
namespace {

using testing::ElementsAre;

TEST(RankGroups, CostliestFirstAndEqualOnesInOrder) {
  RankGroups s({.ranks = 2, .groups = 1},
               {{.cost = 1}, {.cost = 5}, {.cost = 1}, {.cost = 9}, {.cost = 5}});
  std::vector<int> order;
  while (const auto job = s.take(0)) order.push_back(*job);
  EXPECT_THAT(order, ElementsAre(3, 1, 4, 0, 2));
}

TEST(RankGroups, NeverMoreGroupsThanRanksOrJobs) {
  const std::vector<JobSize> three(3);
  EXPECT_EQ(RankGroups({.ranks = 2, .groups = 9}, three).groups(), 2);
  EXPECT_EQ(RankGroups({.ranks = 9, .groups = 9}, three).groups(), 3);
  EXPECT_EQ(RankGroups({.ranks = 9, .groups = 2}, three).groups(), 2);
}

TEST(RankGroups, NeighboursShareAGroupAndUnitsGoToTheIdlest) {
  RankGroups s({.ranks = 5, .groups = 2, .depth = 2}, std::vector<JobSize>(4, {.width = 9}));
  s.take(0);
  s.take(1);
  s.submit(0, 5);
  std::map<int, int> requests;
  std::set<int> joined;
  while (const auto assignment = s.next()) {
    EXPECT_EQ(assignment->group, 0);
    EXPECT_EQ(assignment->joins, joined.insert(assignment->rank).second)
        << "with the first request alone";
    ++requests[assignment->rank];
  }
  // Ranks 0, 1 and the odd one, 4: two each at most, the first round to all of them.
  EXPECT_THAT(requests, ElementsAre(std::pair(0, 2), std::pair(1, 2), std::pair(4, 1)));
}

TEST(RankGroups, RanksOfAnEndedGroupJoinTheOthers) {
  RankGroups s({.ranks = 4, .groups = 2, .depth = 1}, std::vector<JobSize>(2, {.width = 9}));
  ASSERT_TRUE(s.take(0) && s.take(1));
  EXPECT_EQ(s.ranks_of(1), 2);
  EXPECT_FALSE(s.take(0));
  EXPECT_EQ(s.ranks_of(1), 4);
  s.submit(1, 9);
  std::set<int> ranks;
  while (const auto assignment = s.next()) ranks.insert(assignment->rank);
  EXPECT_THAT(ranks, ElementsAre(0, 1, 2, 3));
}

TEST(RankGroups, WithAJobForEachGroupTheCostlyOnesGetMoreRanks) {
  const RankGroups s({.ranks = 12, .groups = 9},
                     {{.cost = 1, .width = 9}, {.cost = 8, .width = 9}, {.cost = 2, .width = 9}});
  EXPECT_GT(s.ranks_of(0), s.ranks_of(1)) << "group 0 takes the costliest";
  EXPECT_GT(s.ranks_of(0), 5);
  EXPECT_EQ(s.ranks_of(0) + s.ranks_of(1) + s.ranks_of(2), 12);
}

TEST(RankGroups, NoJobGetsMoreRanksThanItHasUnitsAtATime) {
  RankGroups s({.ranks = 8, .groups = 2}, {{.cost = 5, .width = 3}, {.cost = 4, .width = 2}});
  EXPECT_EQ(s.ranks_of(0), 3);
  EXPECT_EQ(s.ranks_of(1), 2);
}

// Any layout, any order of ends: every request of every job goes out once.
TEST(RankGroups, EveryUnitOnce) {
  base::Stream random(1, "scheduler");
  const auto upto = [&](int n) {
    return static_cast<int>(random.bits() % static_cast<uint32_t>(n));
  };
  for (int round = 0; round < 200; ++round) {
    const int jobs = 1 + upto(9);
    std::vector<JobSize> sizes;
    for (int j = 0; j < jobs; ++j)
      sizes.push_back({.cost = 1.0 + upto(50), .requests = 12, .width = 1 + upto(9)});
    RankGroups s({.ranks = 1 + upto(8), .groups = 1 + upto(8), .depth = 1 + upto(3)}, sizes);
    std::map<int, int> left, job_of;           // calls left, job: by group
    std::map<int, int> missing;                // requests of the call, by group
    std::set<std::tuple<int, int, int>> seen;  // job, call, request
    std::vector<RankGroups::Assignment> under_way;
    const auto go_on = [&](int group) {
      if (left[group]-- == 0) {
        const auto job = s.take(group);
        if (!job) return;
        job_of[group] = *job;
        left[group] = 2;
      }
      missing[group] = 4;
      s.submit(group, 4);
    };
    for (int g = 0; g < s.groups(); ++g) go_on(g);
    for (;;) {
      while (const auto assignment = s.next()) {
        ASSERT_EQ(assignment->job, job_of[assignment->group]);
        ASSERT_TRUE(
            seen.insert({assignment->job, left[assignment->group], assignment->request}).second);
        under_way.push_back(*assignment);
      }
      if (under_way.empty()) break;
      const auto which = under_way.begin() + upto(static_cast<int>(under_way.size()));
      const RankGroups::Assignment ended = *which;
      under_way.erase(which);
      s.done(ended.rank, ended.group);
      if (--missing[ended.group] == 0) go_on(ended.group);
    }
    ASSERT_EQ(seen.size(), static_cast<size_t>(jobs) * 3 * 4) << "3 calls of 4 requests a job";
  }
}

}  // namespace
}  // namespace lorahub::workers
