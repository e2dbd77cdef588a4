#include "cluster/folder_jobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/fake_scheduler.hpp"
#include "process.hpp"

namespace lorahub::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FolderJobsTest : public testing::Test {
 protected:
  void submitted(const std::string& utc, const std::string& job, const std::string& report) {
    add_submission(out_, pbs_, {.submitted_utc = utc, .job = job, .report = report});
  }
  std::filesystem::path out_ = fresh_folder("folder_jobs");
  FakeScheduler fake_;
  Scheduler pbs_ = fake_.scheduler();
};

TEST_F(FolderJobsTest, AFolderWithoutSubmissionsAsksNobody) {
  const FolderJobs all = jobs_of(out_, {pbs_});
  EXPECT_TRUE(all.submissions.empty() && all.jobs.empty() && all.silent.empty());
  check_idle(out_, {pbs_});
  EXPECT_TRUE(fake_.calls.empty());
}

TEST_F(FolderJobsTest, StatesAreJoinedWithTheirSubmissions) {
  submitted("t1", "41.juno", "42.juno");
  submitted("t2", "43.juno", "");
  fake_.states = {{.id = "41.juno", .state = "F"}, {.id = "42.juno", .state = "Q"}};
  const FolderJobs all = jobs_of(out_, {pbs_});
  EXPECT_THAT(fake_.calls, ElementsAre("qstat 41.juno 42.juno 43.juno"));
  ASSERT_EQ(all.jobs.size(), 2U);
  EXPECT_FALSE(all.jobs[0].is_report);
  EXPECT_EQ(all.jobs[0].state.state, "F");
  EXPECT_TRUE(all.jobs[1].is_report);
  EXPECT_EQ(all.submissions.back().job, "43.juno");
}

TEST_F(FolderJobsTest, ASchedulerThatDoesNotAnswerIsNamedWithItsLastJob) {
  submitted("t1", "41.juno", "42.juno");
  submitted("t2", "43.juno", "44.juno");
  fake_.problem = "there is no qstat";
  const FolderJobs all = jobs_of(out_, {pbs_});
  ASSERT_EQ(all.silent.size(), 1U);
  EXPECT_EQ(all.silent[0].problem, "there is no qstat");
  EXPECT_EQ(all.silent[0].last_job, "43.juno");
}

TEST_F(FolderJobsTest, SubmissionsOfTwoSchedulersAreInTheOrderOfTime) {
  FakeScheduler other;
  Scheduler lsf = other.scheduler();
  lsf.word = "lsf";
  submitted("t1", "1.juno", "");
  submitted("t3", "3.juno", "");
  add_submission(out_, lsf, {.submitted_utc = "t2", .job = "2.juno"});
  const FolderJobs all = jobs_of(out_, {pbs_, lsf});
  ASSERT_EQ(all.submissions.size(), 3U);
  EXPECT_EQ(all.submissions[1].job, "2.juno");
  EXPECT_EQ(all.submissions[2].job, "3.juno");
  EXPECT_THAT(other.calls, ElementsAre("qstat 2.juno"));
}

TEST_F(FolderJobsTest, AnActiveJobOfTheStudyIsNoIdleFolder) {
  submitted("t1", "41.juno", "42.juno");
  fake_.states = {{.id = "41.juno", .state = "F"}};
  check_idle(out_, {pbs_});
  EXPECT_THAT(fake_.calls, ElementsAre("qstat 41.juno"));  // a report that waits harms nothing
  fake_.states = {{.id = "41.juno", .state = "R", .is_active = true}};
  try {
    check_idle(out_, {pbs_});
    FAIL() << "a second job was allowed";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("job 41.juno of " + out_.string() + " is still R"));
    EXPECT_THAT(error.what(), HasSubstr("or qdel 41.juno"));
  }
}

}  // namespace
}  // namespace lorahub::cluster
