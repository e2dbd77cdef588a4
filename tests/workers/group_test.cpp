// A group of one, without mpirun. Several ranks: ranks.cpp.
#include "workers/group.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <csignal>
#include <cstdlib>

#include "base/check.hpp"
#include "base/signals.hpp"

namespace lorahub::workers {
namespace {

TEST(Group, WithoutMpirunIsOneRankAndLeavesMpiAlone) {
  const Session session;
  Group group;
  EXPECT_EQ(group.rank(), 0);
  EXPECT_EQ(group.size(), 1);
  EXPECT_EQ(group.rank_on_node(), 0);
  EXPECT_EQ(group.ranks_on_node(), 1);
  EXPECT_TRUE(group.is_coordinator());
  int initialized = 1;
  MPI_Initialized(&initialized);
  EXPECT_EQ(initialized, 0);
}

TEST(Group, OfOneAnswersItself) {
  Group group;
  const Handler twice = [](const std::string& request) { return request + request; };
  std::vector<std::string> replies, units;
  const int code = group.run({.threads = 2}, twice, [&](Crew& crew) {
    replies = crew.everyone("ab");
    const auto lead = [&](const Leader& leader) {
      for (const Outcome& outcome : leader.call({"x", "y", "z"})) units.push_back(outcome.bytes);
    };
    crew.work({{.size = {}, .join = "", .lead = lead}}, 3);
    return 75;
  });
  EXPECT_EQ(code, 75);
  EXPECT_EQ(replies, std::vector<std::string>{"abab"});
  EXPECT_EQ(units, (std::vector<std::string>{"xx", "yy", "zz"}));
}

TEST(Group, OfOneThrowsWhatItsHandlerThrows) {
  Group group;
  const Handler handler = [](const std::string&) -> std::string {
    throw base::Error("no model here");
  };
  try {
    group.run({}, handler, [](Crew& crew) {
      crew.everyone("");
      return 0;
    });
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "no model here");
  }
}

TEST(Group, WhatALeadThrowsComesOutAfterTheOthersHaveEnded) {
  Group group;
  int begun = 0;
  const auto bad = [&](const Leader&) {
    ++begun;
    throw std::logic_error("a bug");
  };
  const Handler handler = [](const std::string& request) { return request; };
  EXPECT_THROW(group.run({}, handler,
                         [&](Crew& crew) {
                           crew.work({{.size = {}, .join = "", .lead = bad},
                                      {.size = {}, .join = "", .lead = bad}},
                                     1);
                           return 0;
                         }),
               std::logic_error);
  EXPECT_EQ(begun, 1) << "nothing is begun after it";
}

TEST(Group, OfOneIsInterruptedWithinACall) {
  const auto interrupted = [] {
    base::block_signals();
    Group group;
    const Handler handler = [](const std::string& request) {
      kill(getpid(), SIGTERM);
      return request;
    };
    try {
      group.run({}, handler, [](Crew& crew) {
        for (;;) crew.everyone("");
        return 0;
      });
    } catch (const base::Interrupted&) {
      _exit(75);
    }
    _exit(1);
  };
  EXPECT_EXIT(interrupted(), testing::ExitedWithCode(75), "");
}

TEST(Session, RefusesSrunCopiesThatDoNotKnowOfEachOther) {
  setenv("SLURM_STEP_NUM_TASKS", "3", 1);
  EXPECT_THROW(Session(), base::Error);
  setenv("SLURM_STEP_NUM_TASKS", "1", 1);
  EXPECT_NO_THROW(Session());
  unsetenv("SLURM_STEP_NUM_TASKS");
}

}  // namespace
}  // namespace lorahub::workers
