#include "serve/jobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class JobsTest : public testing::Test {
 protected:
  static NewJob job(const std::string& id, const std::string& input = "{}") {
    return {.id = id, .input = input, .command = "lorahub adapt", .examples = "row\n"};
  }
  std::vector<std::string> ids(const Jobs& jobs) const {
    std::vector<std::string> list;
    for (const ServiceJob& one : jobs.all()) list.push_back(one.id);
    return list;
  }
  fs::path folder_ =
      fresh_folder(testing::UnitTest::GetInstance()->current_test_info()->name()) / "jobs";
};

TEST_F(JobsTest, AreTakenInTheirOrder) {
  Jobs jobs(folder_, 10);
  jobs.add(job("b"));
  jobs.add(job("a"));
  EXPECT_EQ(jobs.place("b"), 1);
  EXPECT_EQ(jobs.place("a"), 2);
  EXPECT_THAT(ids(jobs), ElementsAre("a", "b"));
  EXPECT_EQ(jobs.take(0)->id, "b");
  EXPECT_TRUE(jobs.is_computing());
  EXPECT_EQ(jobs.place("a"), 1);
  EXPECT_EQ(jobs.place("b"), std::nullopt);
  jobs.end("b", {.status = JobStatus::succeeded, .output = R"({"x":1})", .seconds = 2});
  EXPECT_EQ(jobs.take(0)->id, "a");
  EXPECT_EQ(jobs.take(0), std::nullopt);
}

TEST_F(JobsTest, SurviveTheEndOfTheProgramInWhateverState) {
  {
    Jobs jobs(folder_, 10);
    for (const char* id : {"done", "running", "waiting", "canceled"})
      jobs.add(job(id, R"({"i":1})"));
    jobs.take(0);
    jobs.end("done", {.status = JobStatus::failed, .error = "why", .seconds = 3});
    jobs.take(0);
    jobs.cancel("canceled");
  }
  fs::create_directories(folder_ / "cut-short");  // killed before its first write
  Jobs again(folder_, 10);
  EXPECT_THAT(ids(again), ElementsAre("canceled", "waiting", "running", "done"));
  EXPECT_EQ(again.find("done")->error, "why");
  EXPECT_EQ(again.find("done")->seconds, 3);
  EXPECT_EQ(again.find("canceled")->status, JobStatus::canceled);
  EXPECT_EQ(again.find("running")->input, R"({"i":1})");
  EXPECT_EQ(again.take(0)->id, "running");
  EXPECT_EQ(again.take(0)->id, "waiting");
  EXPECT_EQ(again.take(0), std::nullopt);
  again.add(job("new"));
  EXPECT_EQ(again.all().front().id, "new");
}

TEST_F(JobsTest, TheSameRequestNeverRunsTwice) {
  Jobs jobs(folder_, 10);
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::waits);
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::is_there);
  EXPECT_THROW(jobs.add(job("a", "other")), base::Error);
  jobs.take(0);
  EXPECT_EQ(jobs.take(0), std::nullopt);
}

TEST_F(JobsTest, AFullQueueTakesNoMore) {
  Jobs jobs(folder_, 1);
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::waits);
  EXPECT_EQ(jobs.add(job("b")).added, Jobs::Admission::full);
  EXPECT_FALSE(jobs.find("b"));
  jobs.take(0);
  EXPECT_EQ(jobs.add(job("b")).added, Jobs::Admission::waits);
}

TEST_F(JobsTest, CancelEndsWhatWaitsAtOnceAndAsksWhatIsComputed) {
  Jobs jobs(folder_, 10);
  jobs.add(job("a"));
  jobs.add(job("b"));
  jobs.take(0);
  EXPECT_TRUE(jobs.cancel("a"));
  EXPECT_EQ(jobs.find("a")->status, JobStatus::processing);
  EXPECT_TRUE(jobs.cancel_asked("a"));
  EXPECT_TRUE(jobs.cancel("b"));
  EXPECT_EQ(jobs.find("b")->status, JobStatus::canceled);
  EXPECT_FALSE(jobs.cancel("nobody"));
  EXPECT_EQ(jobs.take(0), std::nullopt);
}

TEST_F(JobsTest, TheCourseIsToldWhileAJobIsComputed) {
  Jobs jobs(folder_, 10);
  jobs.add(job("a"));
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 100, .best_loss = 2, .seconds = 1});
  jobs.progress("a", {.evaluation = 80, .of = 100, .best_loss = 1, .seconds = 2});
  const ServiceJob now = *jobs.find("a");
  EXPECT_THAT(now.course, ElementsAre(testing::Pair(40, 2.0), testing::Pair(80, 1.0)));
  EXPECT_EQ(now.progress.first_evaluation, 40);
}

TEST_F(JobsTest, ADiskThatTakesNoMoreEndsNoService) {
  Jobs jobs(folder_, 10);
  jobs.add(job("a"));
  fs::remove_all(folder_ / "a");
  std::ofstream(folder_ / "a") << "no folder any more";
  testing::internal::CaptureStderr();
  EXPECT_EQ(jobs.take(0)->id, "a");
  jobs.end("a", {.status = JobStatus::failed, .error = "why"});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("job a is not on disk"));
  EXPECT_EQ(jobs.find("a")->error, "why");
  EXPECT_ANY_THROW(jobs.add(job("a/b")));
}

TEST_F(JobsTest, ADamagedJobIsNamed) {
  Jobs(folder_, 10).add(job("a"));
  std::ofstream(folder_ / "a/job.json") << "{";
  EXPECT_THROW(Jobs(folder_, 10), base::Error);
}

}  // namespace
}  // namespace lorahub::serve
