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
  const auto replies =
      group.call("ab", [](const std::string& request) { return request + request; });
  EXPECT_EQ(replies, std::vector<std::string>{"abab"});
  group.dismiss(75);
  group.dismiss();
}

TEST(Group, OfOneThrowsWhatItsHandlerThrows) {
  Group group;
  const Handler handler = [](const std::string&) -> std::string {
    throw base::Error("no model here");
  };
  try {
    group.call("", handler);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "no model here");
  }
  EXPECT_EQ(group.call("x", [](const std::string& request) { return request; }).front(), "x");
}

TEST(Group, OfOneIsInterruptedBeforeACall) {
  const auto interrupted = [] {
    base::block_signals();
    Group group;
    kill(getpid(), SIGTERM);
    int calls = 0;
    try {
      group.call("", [&](const std::string&) {
        ++calls;
        return std::string();
      });
    } catch (const base::Interrupted&) {
      _exit(calls == 0 ? 75 : 1);
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
