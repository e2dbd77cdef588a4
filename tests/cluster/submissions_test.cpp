#include "cluster/submissions.hpp"

#include <gtest/gtest.h>

#include "cluster/fake_scheduler.hpp"
#include "process.hpp"

namespace lorahub::cluster {
namespace {

TEST(Submissions, AreKeptInOrder) {
  const Scheduler pbs = FakeScheduler().scheduler();
  const auto out = fresh_folder("submissions");
  EXPECT_TRUE(read_submissions(out, pbs).empty());
  add_submission(
      out, pbs,
      {.submitted_utc = "t1", .job = "41.juno", .report = "42.juno", .shards = 3, .trials = 9});
  add_submission(out, pbs, {.submitted_utc = "t2", .job = "50.juno", .trials = 9});
  const auto all = read_submissions(out, pbs);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].job, "41.juno");
  EXPECT_EQ(all[0].report, "42.juno");
  EXPECT_EQ(all[0].shards, 3);
  EXPECT_EQ(all[1].report, "");
  std::ofstream(out / "pbs/jobs.json") << "[{}]";
  EXPECT_THROW(read_submissions(out, pbs), base::Error);
}

TEST(Submissions, IdsAreThoseOfTheScheduler) {
  FakeScheduler fake;
  const Scheduler pbs = fake.scheduler();
  const auto out = fresh_folder("submissions");
  for (const Submission& bad : {Submission{.job = "41"}, Submission{.job = ""},
                                Submission{.job = "41.juno", .report = "42"}}) {
    std::filesystem::remove_all(out / "pbs");
    add_submission(out, pbs, bad);
    EXPECT_THROW(read_submissions(out, pbs), base::Error) << bad.job << " " << bad.report;
  }
}

}  // namespace
}  // namespace lorahub::cluster
