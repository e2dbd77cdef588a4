// Slurm's answers, as 22.05 gave them, from fake commands.
#include "cluster/slurm/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/slurm/fake_commands.hpp"

namespace lorahub::cluster::slurm {
namespace {

using testing::HasSubstr;

TEST(Parse, Queue) {
  const auto states = parse_queue(
      "7|COMPLETED|None|9:59|n1\n"
      "2|PENDING|PartitionConfig|10:00|\n"
      "6_1|RUNNING|None|1-02:09:57|n[1-2]\n"
      "9|PENDING|ReqNodeNotAvail, UnavailableNodes:n3|10:00|\n\n");
  ASSERT_EQ(states.size(), 4U);
  EXPECT_EQ(states[0].state, "COMPLETED");
  EXPECT_EQ(states[0].left, "");  // it has none left
  EXPECT_EQ(states[1].reason, "PartitionConfig");
  EXPECT_EQ(states[1].nodes, "");
  EXPECT_EQ(states[2].id, "6_1");
  EXPECT_EQ(states[2].left, "1-02:09:57");
  EXPECT_EQ(states[2].nodes, "n[1-2]");
  EXPECT_EQ(states[2].reason, "");
  EXPECT_EQ(states[3].reason, "ReqNodeNotAvail, UnavailableNodes:n3");
}

TEST(Parse, Details) {
  const auto states = parse_details(
      "JobId=6 ArrayJobId=6 ArrayTaskId=3 JobName=s.sh JobState=RUNNING Reason=None Requeue=1 "
      "Restarts=2 ExitCode=0:0 NodeList=n[1-2] Command=/tmp/a b=c.sh \n"
      "JobId=12 ArrayJobId=6 ArrayTaskId=4-9%2 JobState=PENDING Reason=Resources Restarts=0 "
      "ExitCode=0:0 NodeList=(null)\nslurm_load_jobs error\n");
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].id, "6_3");
  EXPECT_EQ(states[0].requeues, 2);
  EXPECT_EQ(states[0].exit, "0:0");
  EXPECT_EQ(states[1].reason, "Resources");
  EXPECT_EQ(states[1].nodes, "");
}

TEST(Parse, AccountsCountLives) {
  const auto states = parse_accounts(
      "41_1|REQUEUED|0:0|n1\n41_1|COMPLETED|0:0|n2\n41_2|CANCELLED by 1000|0:0|None assigned\n");
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].state, "COMPLETED");
  EXPECT_EQ(states[0].requeues, 1);
  EXPECT_EQ(states[0].nodes, "n2");
  EXPECT_EQ(states[1].state, "CANCELLED");
  EXPECT_EQ(states[1].nodes, "");
}

TEST(Advice, ComesOnlyWhereWaitingDoesNotHelp) {
  const auto about = [](const std::string& state, const std::string& reason) {
    return advice({.id = "41_2", .state = state, .reason = reason});
  };
  for (const char* waits : {"Resources", "Priority", "Dependency", "BeginTime", "AssocGrpCpuLimit",
                            "QOSMaxJobsPerUserLimit", "ReqNodeNotAvail, UnavailableNodes:n3"})
    EXPECT_EQ(about("PENDING", waits), "") << waits;
  EXPECT_THAT(about("PENDING", "PartitionNodeLimit"), HasSubstr("can never run"));
  EXPECT_THAT(about("PENDING", "PartitionTimeLimit"), HasSubstr("less --time"));
  EXPECT_THAT(about("PENDING", "QOSMaxCpuPerJobLimit"), HasSubstr("limit for one job"));
  EXPECT_THAT(about("PENDING", "DependencyNeverSatisfied"), HasSubstr("scancel 41_2"));
  EXPECT_THAT(about("PENDING", "JobHeldUser"), HasSubstr("scontrol release 41_2"));
  EXPECT_EQ(about("RUNNING", "PartitionNodeLimit"), "");
}

class Queue : public FakeCommands {};

TEST_F(Queue, AsksAllThatKnow) {
  fake("squeue", "echo '41_2|PENDING|Priority|10:00|'; echo '41_1|RUNNING|None|3:20|n1'");
  fake("scontrol",
       "[ $4 = 41 ] || exit 1; echo JobId=42 ArrayJobId=41 ArrayTaskId=1 "
       "JobState=RUNNING Restarts=3 ExitCode=0:0; echo JobId=41 ArrayJobId=41 "
       "ArrayTaskId=2-9 JobState=PENDING Restarts=0 ExitCode=0:0");
  fake("sacct", "[ $6 = 30 ] && echo '30|COMPLETED|0:0|n7'");
  const JobQueue now = queue({"41", "30"});
  EXPECT_EQ(now.problem, "");
  ASSERT_EQ(now.states.size(), 3U);
  EXPECT_EQ(now.states[0].id, "30");
  EXPECT_EQ(now.states[0].state, "COMPLETED");
  EXPECT_EQ(now.states[1].id, "41_1");
  EXPECT_EQ(now.states[1].requeues, 3);
  EXPECT_EQ(now.states[1].exit, "");
  EXPECT_EQ(now.states[2].id, "41_2");
  EXPECT_THAT(read_all(folder_ / "calls"), HasSubstr("-j 41,30"));
}

TEST_F(Queue, OfForgottenJobsIsEmpty) {
  fake("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
  fake("scontrol", "exit 1");
  fake("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
  const JobQueue now = queue({"41"});
  EXPECT_EQ(now.problem, "");
  EXPECT_TRUE(now.states.empty());
}

TEST_F(Queue, WithoutAnAnswerSaysSo) {
  fake("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
  EXPECT_THAT(queue({"41"}).problem, HasSubstr("Unable to contact slurm controller"));
  std::filesystem::remove(folder_ / "squeue");
  only_fakes();
  EXPECT_THAT(queue({"41"}).problem, HasSubstr("no squeue"));
  EXPECT_EQ(queue({}).problem, "");
}

}  // namespace
}  // namespace lorahub::cluster::slurm
