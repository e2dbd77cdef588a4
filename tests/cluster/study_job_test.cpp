#include "cluster/study_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/fake_scheduler.hpp"
#include "process.hpp"

namespace lorahub::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

SubmitOptions options() {
  return {.study_file = "x.yaml", .program = "/bin/lorahub", .request = {.ranks = 2}};
}

TEST(MakeJob, SettingsChangeTrialsAndOptionsDoNot) {
  SubmitOptions asked = options();
  asked.set = {"shots=4"};
  asked.engine = "fast";
  asked.precision = "f32";
  asked.only = {"seed=1", "seed=2"};
  asked.threads = "3";
  asked.trials_per_rank = "2";
  asked.groups = "auto";
  asked.stall_timeout = "30";
  asked.hang_timeout = "40";
  asked.retry_failed = asked.no_memory_check = true;
  const BatchJob job = make_job(asked, {}, FakeScheduler().scheduler(), "x");
  EXPECT_THAT(job.plan, ElementsAre("x.yaml", "--set", "shots=4", "--set", "engine=fast", "--set",
                                    "precision=f32"));
  EXPECT_THAT(job.options,
              ElementsAre("--only", "seed=1", "--only", "seed=2", "--retry-failed",
                          "--no-memory-check", "--threads", "3", "--trials-per-rank", "2",
                          "--groups", "auto", "--stall-timeout", "30", "--hang-timeout", "40"));
}

TEST(MakeJob, TheSiteComesBeforeThisMachine) {
  const Scheduler pbs = FakeScheduler().scheduler();
  const BatchJob open = make_job(options(), {}, pbs, "x");
  EXPECT_EQ(open.program, "/bin/lorahub");
  EXPECT_EQ(open.launcher, "mpiexec");
  EXPECT_EQ(open.out, "results/x");
  EXPECT_EQ(open.folder, std::filesystem::current_path());
  const Site site{.launcher = "mpirun -v", .program = "run x.sif", .defaults = {.nodes = 2}};
  const BatchJob told = make_job(options(), site, pbs, "x");
  EXPECT_EQ(told.program, "run x.sif");
  EXPECT_EQ(told.launcher, "mpirun -v");
  EXPECT_EQ(told.request.nodes, 2);
}

TEST(MakeJob, GpusMeanCudaUnlessADeviceIsGiven) {
  const Scheduler pbs = FakeScheduler().scheduler();
  const Site site{.defaults = {.gpus = 4}};
  SubmitOptions asked = options();
  EXPECT_THAT(make_job(asked, site, pbs, "x").options, ElementsAre("--device", "cuda"));
  asked.device = "cpu";
  EXPECT_THAT(make_job(asked, site, pbs, "x").options, ElementsAre("--device", "cpu"));
}

TEST(MakeJob, HandsOnWhereModelsAre) {
  setenv("HF_HOME", "/models", 1);
  const BatchJob job = make_job(options(), {}, FakeScheduler().scheduler(), "x");
  unsetenv("HF_HOME");
  EXPECT_THAT(job.environment, Contains(Pair("HF_HOME", "/models")));
}

TEST(CheckOptions, AsksTheScheduler) {
  const Scheduler pbs = FakeScheduler().scheduler();
  SubmitOptions asked = options();
  asked.request.time = "4h";
  check_options(asked, pbs);
  asked.request.time = "04:00:00";
  EXPECT_THROW(check_options(asked, pbs), base::Error);
  asked.request.time = "";
  asked.pass = {"-q", "long"};
  EXPECT_THROW(check_options(asked, pbs), base::Error);
}

class SubmitJob : public testing::Test {
 protected:
  Submitted submit() {
    const Scheduler pbs = fake_.scheduler();
    BatchJob job{.study = "x", .out = out_, .request = {.array = 3}};
    return submit_job(job, pbs.render(job), pbs, 9);
  }
  std::filesystem::path out_ = fresh_folder("submit_job") / "out";
  FakeScheduler fake_;
};

TEST_F(SubmitJob, WritesSubmitsAndRemembers) {
  const Submitted done = submit();
  EXPECT_THAT(fake_.calls, ElementsAre("qsub run.pbs after ", "qsub report.pbs after 41.juno"));
  EXPECT_EQ(read_all(out_ / "pbs/run.pbs"), "run x");
  EXPECT_EQ(read_all(out_ / "pbs/report.pbs"), "report x");
  EXPECT_EQ(done.submission.report, "42.juno");
  EXPECT_EQ(done.report_problem, "");
  const std::vector<Submission> kept = read_submissions(out_, fake_.scheduler());
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].job, "41.juno");
  EXPECT_EQ(kept[0].report, "42.juno");
  EXPECT_EQ(kept[0].shards, 3);
  EXPECT_EQ(kept[0].trials, 9);
  EXPECT_THAT(kept[0].submitted_utc, HasSubstr("Z"));
}

TEST_F(SubmitJob, ARefusedReportLosesNoJob) {
  fake_.refuses_reports = true;
  const Submitted done = submit();
  EXPECT_EQ(done.report_problem, "no job for the report: no room; run " +
                                     (out_ / "pbs/report.pbs").string() + " yourself");
  EXPECT_EQ(read_submissions(out_, fake_.scheduler()).back().report, "");
}

}  // namespace
}  // namespace lorahub::cluster
