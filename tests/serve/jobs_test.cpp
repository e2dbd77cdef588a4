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
  Jobs jobs(folder_, {.waiting = 10});
  jobs.add(job("b"));
  jobs.add(job("a"));
  EXPECT_EQ(jobs.place("b")->place, 1);
  EXPECT_EQ(jobs.place("a")->place, 2);
  EXPECT_THAT(ids(jobs), ElementsAre("a", "b"));
  EXPECT_EQ(jobs.take(0)->id, "b");
  EXPECT_TRUE(jobs.is_computing());
  EXPECT_EQ(jobs.place("a")->place, 1);
  EXPECT_FALSE(jobs.place("b"));
  jobs.end("b", {.status = JobStatus::succeeded, .output = R"({"x":1})", .seconds = 2});
  EXPECT_EQ(jobs.take(0)->id, "a");
  EXPECT_FALSE(jobs.take(0));
}

TEST_F(JobsTest, SurviveTheEndOfTheProgramInWhateverState) {
  {
    Jobs jobs(folder_, {.waiting = 10});
    for (const char* id : {"done", "running", "waiting", "canceled"})
      jobs.add(job(id, R"({"i":1})"));
    jobs.take(0);
    jobs.end("done", {.status = JobStatus::failed, .error = "why", .seconds = 3});
    jobs.take(0);
    jobs.cancel("canceled");
  }
  fs::create_directories(folder_ / "cut-short");  // killed before its first write
  Jobs again(folder_, {});
  EXPECT_THAT(ids(again), ElementsAre("canceled", "waiting", "running", "done"));
  EXPECT_EQ(again.find("done")->error, "why");
  EXPECT_EQ(again.find("done")->seconds, 3);
  EXPECT_EQ(again.find("canceled")->status, JobStatus::canceled);
  EXPECT_EQ(again.find("running")->input, R"({"i":1})");
  EXPECT_EQ(again.take(0)->id, "running");
  EXPECT_EQ(again.take(0)->id, "waiting");
  EXPECT_FALSE(again.take(0));
  again.add(job("new"));
  EXPECT_EQ(again.all().front().id, "new");
}

TEST_F(JobsTest, TheSameRequestNeverRunsTwice) {
  Jobs jobs(folder_, {.waiting = 10});
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::waits);
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::is_there);
  EXPECT_THROW(jobs.add(job("a", "other")), base::Error);
  jobs.take(0);
  EXPECT_FALSE(jobs.take(0));
}

TEST_F(JobsTest, AFullQueueTakesNoMore) {
  Jobs jobs(folder_, {.waiting = 1});
  EXPECT_EQ(jobs.add(job("a")).added, Jobs::Admission::waits);
  EXPECT_EQ(jobs.add(job("b")).added, Jobs::Admission::full);
  EXPECT_FALSE(jobs.find("b"));
  jobs.take(0);
  EXPECT_EQ(jobs.add(job("b")).added, Jobs::Admission::waits);
}

TEST_F(JobsTest, CancelEndsWhatWaitsAtOnceAndAsksWhatIsComputed) {
  Jobs jobs(folder_, {.waiting = 10});
  jobs.add(job("a"));
  jobs.add(job("b"));
  jobs.take(0);
  EXPECT_TRUE(jobs.cancel("a"));
  EXPECT_EQ(jobs.find("a")->status, JobStatus::processing);
  EXPECT_TRUE(jobs.cancel_asked("a"));
  EXPECT_TRUE(jobs.cancel("b"));
  EXPECT_EQ(jobs.find("b")->status, JobStatus::canceled);
  EXPECT_FALSE(jobs.cancel("nobody"));
  EXPECT_FALSE(jobs.take(0));
}

TEST_F(JobsTest, TheCourseIsToldWhileAJobIsComputed) {
  Jobs jobs(folder_, {.waiting = 10});
  jobs.add(job("a"));
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 100, .best_loss = 2, .seconds = 1});
  jobs.progress("a", {.evaluation = 80, .of = 100, .best_loss = 1, .seconds = 5});
  const ServiceJob now = *jobs.find("a");
  EXPECT_THAT(now.course, ElementsAre(testing::Pair(40, 2.0), testing::Pair(80, 1.0)));
  EXPECT_DOUBLE_EQ(now.progress.left(), 2);
}

TEST_F(JobsTest, TheCountOfEvaluationsNeverFalls) {
  Jobs jobs(folder_, {});
  jobs.add(job("a"));
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 80});
  jobs.progress("a", {.evaluation = 80, .of = 80});
  jobs.end("a", {});
  EXPECT_EQ(jobs.evaluations(), 80);
  ASSERT_TRUE(jobs.remove("a"));
  EXPECT_EQ(jobs.evaluations(), 80);
}

// A search that goes on tells its journal's generations once more, which took no time.
TEST_F(JobsTest, WhatAJournalHoldsIsToldOnceAndMakesNoPace) {
  Jobs jobs(folder_, {});
  jobs.add(job("a"));
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 120, .best_loss = 2, .seconds = 10});
  jobs.wait_again("a", 10);
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 120, .best_loss = 2, .seconds = 0.1});
  jobs.progress("a", {.evaluation = 80, .of = 120, .best_loss = 1, .seconds = 4.1});
  jobs.end("a", {.seconds = 5});
  EXPECT_THAT(jobs.find("a")->course, ElementsAre(testing::Pair(40, 2.0), testing::Pair(80, 1.0)));
  EXPECT_DOUBLE_EQ(jobs.find("a")->progress.pace, 0.1);
  EXPECT_EQ(jobs.find("a")->seconds, 15);
}

TEST_F(JobsTest, ShortOnesAreTakenBetweenTheStepsOfALongOne) {
  Jobs jobs(folder_, {});
  NewJob answers = job("answers", "{}");
  answers.kind = JobKind::infer;
  jobs.add(job("long"));
  jobs.take(0);
  jobs.add(job("next"));
  jobs.add(answers);
  EXPECT_EQ(jobs.place("answers")->place, 1);
  EXPECT_FALSE(jobs.take_short([](const ServiceJob&) { return false; }));
  EXPECT_EQ(jobs.take_short([](const ServiceJob&) { return true; })->id, "answers");
  jobs.end("answers", {});
  EXPECT_FALSE(jobs.take_short([](const ServiceJob&) { return true; }));
  EXPECT_TRUE(jobs.is_computing());
  jobs.end("long", {});
  EXPECT_EQ(jobs.take(0)->id, "next");
}

// So long ones keep no search waiting.
TEST_F(JobsTest, AnswersThatNeedATurnAreTakenBetweenNoSteps) {
  Jobs jobs(folder_, {});
  NewJob answers = job("answers", "{}");
  answers.kind = JobKind::infer;
  jobs.add(job("long"));
  jobs.take(0);
  jobs.add(answers);
  const auto all = [](const ServiceJob&) { return true; };
  ASSERT_EQ(jobs.take_short(all)->id, "answers");
  jobs.wait_again("answers", 1);
  ASSERT_EQ(jobs.take_short(all)->id, "answers");
  jobs.wait_again("answers", 1, Jobs::Until::its_turn);
  EXPECT_FALSE(jobs.take_short(all));
  EXPECT_TRUE(jobs.is_computing());
  jobs.wait_again("long", 1);
  EXPECT_EQ(jobs.take(0)->id, "answers");
}

TEST_F(JobsTest, ALookAtItsStateIsThatOfTheJob) {
  Jobs jobs(folder_, {});
  EXPECT_FALSE(jobs.state("a"));
  jobs.add(job("a"));
  EXPECT_EQ(jobs.state("a")->status, JobStatus::starting);
  jobs.take(0);
  jobs.progress("a", {.evaluation = 40, .of = 80});
  EXPECT_EQ(jobs.state("a")->status, JobStatus::processing);
  EXPECT_EQ(jobs.state("a")->generations, 1u);
}

TEST_F(JobsTest, AnOwnerHasAQuotaOfJobsAndOfBytes) {
  Jobs jobs(folder_, {.waiting_each = 1, .bytes_each = 2000});
  const auto owned = [](const std::string& id, const std::string& owner) {
    NewJob made = job(id);
    made.owner = owner;
    return made;
  };
  EXPECT_EQ(jobs.add(owned("a", "ann")).added, Jobs::Admission::waits);
  EXPECT_EQ(jobs.add(owned("b", "ann")).added, Jobs::Admission::too_many);
  EXPECT_EQ(jobs.add(owned("b", "bob")).added, Jobs::Admission::waits);
  jobs.take(0);
  std::ofstream(folder_ / "a/large") << std::string(2000, 'x');
  jobs.end("a", {});
  EXPECT_EQ(jobs.add(owned("c", "ann")).added, Jobs::Admission::too_large);
  EXPECT_THROW(jobs.add(owned("a", "bob")), base::Error);  // the id is somebody else's
  EXPECT_FALSE(jobs.remove("b"));                          // it waits
  EXPECT_TRUE(jobs.remove("a"));
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  EXPECT_EQ(jobs.add(owned("c", "ann")).added, Jobs::Admission::waits);
}

TEST_F(JobsTest, ADiskThatTakesNoMoreEndsNoService) {
  Jobs jobs(folder_, {.waiting = 10});
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
  Jobs(folder_, {}).add(job("a"));
  std::ofstream(folder_ / "a/job.json") << "{";
  EXPECT_THROW(Jobs(folder_, {}), base::Error);
}

}  // namespace
}  // namespace lorahub::serve
