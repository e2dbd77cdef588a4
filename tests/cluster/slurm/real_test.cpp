// `lorahub submit` on a real Slurm, which the fixture has started (up.sh): whatever happens to the
// jobs, the results are those of one undisturbed rank, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "cluster/outcome.hpp"
#include "cluster/slurm/slurm.hpp"
#include "cluster/submissions.hpp"
#include "process.hpp"
#include "read_hdf5.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const fs::path kCluster = CLUSTER_DIR;  // of up.sh; the fixture's undisturbed run is there, too

std::string in_cluster(const std::string& command) {
  return ". " + quoted(kCluster / "env.sh") + "; " + command;
}

class Slurm : public testing::Test {
 protected:
  Slurm() {
    setenv("SLURM_CONF", (kCluster / "slurm.conf").c_str(), 1);
    fs::copy_file(kCluster / "small.yaml", folder_ / "small.yaml");
    fs::create_directories(folder_ / "configs/cluster");
    std::ofstream(folder_ / "configs/cluster/plain.yaml") << "launcher: mpirun\n";
  }
  ~Slurm() override {
    if (!job_.empty()) run_command(in_cluster("scancel " + job_ + " " + report_));
  }

  Ended submit(const std::string& options) {
    const Ended ended = run_command(in_cluster("cd " + quoted(folder_) +
                                               " && LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM
                                               " submit small.yaml --threads 1 --out " +
                                               quoted(out_) + " " + options));
    if (ended.code == 0) remember_jobs();
    return ended;
  }
  void remember_jobs() {
    const cluster::Submission last = cluster::read_submissions(out_, slurm_).back();
    job_ = last.job;
    report_ = last.report;
  }

  json status() {
    const Ended ended = run_command(in_cluster(PROGRAM " status " + quoted(out_) + " --json"));
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  }

  cluster::JobState state(const std::string& id) const {
    for (const cluster::JobState& one : slurm_.queue({id.substr(0, id.find('_'))}).states)
      if (one.id == id) return one;
    return {};
  }

  bool ends(const std::string& id, const std::string& as) {
    return wait_until([&] { return state(id).state == as; });
  }

  // The study's job, or a task of it, and the report after it.
  void expect_done() {
    EXPECT_TRUE(wait_until([&] {
      return std::ranges::none_of(slurm_.queue({job_, report_}).states,
                                  &cluster::JobState::is_active);
    })) << logs();
    for (const cluster::JobState& one : slurm_.queue({job_, report_}).states)
      EXPECT_EQ(one.state, "COMPLETED") << one.id << logs();
    EXPECT_EQ(payload(out_), payload(kCluster / "expected")) << logs();
    const auto results = store::read_hdf5(out_ / (out_.filename().string() + ".h5"));
    EXPECT_EQ(results.rows.size(), finished(kCluster / "expected"));
    for (const store::ResultRow& row : results.rows) EXPECT_EQ(row.status, "done") << row.id;
    EXPECT_THAT(read_all(out_ / "small.md"), HasSubstr("7 trials done.")) << logs();
  }

  std::string logs() const {
    std::string text;
    if (!fs::is_directory(out_ / "slurm")) return text;
    for (const auto& entry : fs::directory_iterator(out_ / "slurm"))
      if (entry.path().extension() == ".out")
        text += "\n" + entry.path().filename().string() + ":\n" + read_all(entry.path());
    return text;
  }

  // Processes of the job's program: pid and environment.
  std::map<pid_t, std::string> ranks() const {
    std::map<pid_t, std::string> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string pid = entry.path().filename();
      if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
      if (read_all(entry.path() / "comm") != "lorahub\n") continue;
      std::string environment = read_all(entry.path() / "environ");
      std::ranges::replace(environment, '\0', '\n');
      if (environment.find("SLURM_JOB_ID=" + job_ + "\n") != std::string::npos)
        found.emplace(std::stoi(pid), environment);
    }
    return found;
  }

  bool begins() {
    return wait_until([&] { return finished(out_) >= 1; });
  }

  fs::path folder_ = fresh_folder(std::string("a study, 100% ") +
                                  testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path out_ = folder_ / "out";
  const cluster::Scheduler slurm_ = cluster::slurm::scheduler();
  std::string job_, report_;
};

TEST_F(Slurm, TwoNodesBySrun) {
  const Ended ended = submit("--nodes 2 --ranks 2 --time 5");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("job " + job_));
  EXPECT_THAT(read_all(out_ / "slurm/run.sbatch"), HasSubstr("srun --mpi=pmix"));
  const Ended again = submit("--nodes 2");
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("job " + job_));
  expect_done();
  const auto history = store::read_journal(out_ / "journal.ndj");
  EXPECT_EQ(history.headers.back().environment.at("SLURM_JOB_NODELIST").find("n["), 0U);
  EXPECT_EQ(history.headers.back().environment.at("ranks"), "2");
}

TEST_F(Slurm, TwoNodesByMpirun) {
  ASSERT_EQ(submit("--nodes 2 --ranks 2 --cluster plain").code, 0);
  EXPECT_THAT(read_all(out_ / "slurm/run.sbatch"), HasSubstr("launcher=(mpirun)\n"));
  expect_done();
  EXPECT_EQ(store::read_journal(out_ / "journal.ndj").headers.back().environment.at("ranks"), "2");
}

// The last task of an array has the array's own id as its SLURM_JOB_ID: only it is to be requeued.
TEST_F(Slurm, ArrayOfThreeWithOneRequeued) {
  ASSERT_EQ(submit("--array 3 --ranks 1").code, 0);
  ASSERT_TRUE(wait_until([&] {
    return fs::exists(out_ / "journal-3-of-3.ndj") &&
           !store::read_journal(out_ / "journal-3-of-3.ndj").finished.empty();
  })) << logs();
  ASSERT_EQ(run_command(in_cluster("scancel -b -s USR1 " + job_ + "_3")).code, 0);
  expect_done();
  EXPECT_EQ(state(job_ + "_1").requeues, 0);
  EXPECT_EQ(state(job_ + "_2").requeues, 0);
  EXPECT_EQ(state(job_ + "_3").requeues, 1) << logs();
}

TEST_F(Slurm, DeadRankIsStartedAgainInPlace) {
  ASSERT_EQ(submit("--ranks 2").code, 0);
  ASSERT_TRUE(begins()) << logs();
  const auto pids = ranks();
  ASSERT_EQ(pids.size(), 2U);
  for (const auto& [pid, environment] : pids)
    if (environment.find("SLURM_PROCID=1\n") != std::string::npos) kill(pid, SIGKILL);
  expect_done();
  EXPECT_THAT(logs(), HasSubstr("(restart 1 of 3)"));
  EXPECT_EQ(state(job_).requeues, 0);
}

TEST_F(Slurm, PreemptionRequeues) {
  ASSERT_EQ(submit("--ranks 1 --partition low").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(run_command(
                in_cluster("cd " + quoted(folder_) + "; sbatch -p high -n4 -t 5 --wrap 'sleep 2'"))
                .code,
            0);
  expect_done();
  EXPECT_GE(state(job_).requeues, 1);
  EXPECT_THAT(logs(), HasSubstr("warned"));
}

// Sites that do not send the warning say TERM and give some time.
TEST_F(Slurm, TermWhileRunningIsAWarning) {
  ASSERT_EQ(submit("--ranks 1").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(run_command(in_cluster("scancel -b -s TERM " + job_)).code, 0);
  expect_done();
  EXPECT_EQ(state(job_).requeues, 1);
}

// The ranks are stopped: they can't end when warned, and the job is requeued all the same.
TEST_F(Slurm, TimeLimitRequeues) {
  ASSERT_EQ(submit("--ranks 1 --time 1").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(ranks().size(), 1U);
  kill(ranks().begin()->first, SIGSTOP);
  expect_done();
  EXPECT_GE(state(job_).requeues, 1);
  EXPECT_THAT(logs(), HasSubstr("warned"));
}

TEST_F(Slurm, LostNodeRequeues) {
  ASSERT_EQ(submit("--nodes 2 --ranks 2 --partition frail").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(run_command(in_cluster("scontrol update nodename=n6 state=down reason=test")).code, 0);
  EXPECT_TRUE(wait_until([&] { return state(job_).state != "RUNNING"; }));
  run_command(in_cluster("scontrol update nodename=n6 state=resume"));  // unless it is back already
  expect_done();
  EXPECT_GE(state(job_).requeues, 1) << logs();
}

TEST_F(Slurm, LostNodeOfTheScriptRequeues) {
  ASSERT_EQ(submit("--nodes 2 --ranks 2 --partition frail").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(run_command(in_cluster("scontrol update nodename=n5 state=down reason=test")).code, 0);
  EXPECT_TRUE(wait_until([&] { return state(job_).state != "RUNNING"; }));
  run_command(in_cluster("scontrol update nodename=n5 state=resume"));
  expect_done();
  EXPECT_GE(state(job_).requeues, 1);
}

TEST_F(Slurm, CancelledThenSubmittedAgain) {
  ASSERT_EQ(submit("--ranks 2").code, 0);
  ASSERT_TRUE(begins()) << logs();
  ASSERT_EQ(run_command(in_cluster("scancel " + job_)).code, 0);
  EXPECT_TRUE(ends(job_, "CANCELLED"));
  EXPECT_TRUE(ends(report_, "FAILED"));  // it says what is missing
  EXPECT_THAT(logs(), HasSubstr("cancelled; what is done is kept"));
  EXPECT_THAT(logs(), HasSubstr("missing: E1_isa_letter"));
  EXPECT_TRUE(ranks().empty());
  const size_t before = finished(out_);
  EXPECT_LT(before, finished(kCluster / "expected"));
  const std::string first = job_, first_report = report_;
  ASSERT_EQ(submit("--ranks 2").code, 0);
  EXPECT_TRUE(ends(report_, "COMPLETED")) << logs();
  EXPECT_EQ(payload(out_), payload(kCluster / "expected"));
  EXPECT_EQ(state(first).state, "CANCELLED");
}

// Input that is bad only when the job begins (`submit` refuses it before) is no reason to run
// again.
TEST_F(Slurm, FailuresAreNotRequeued) {
  std::ofstream(folder_ / "other.yaml")
      << "question: q\nuses: {model: mini, tasks: mini/unseen}\n"
         "set: {method: zero_shot, max_tokens: 2, task: E1_isa_letter}\n";
  const auto submit_other = [&](const std::string& options) {
    return run_command(in_cluster("cd " + quoted(folder_) +
                                  " && LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM
                                  " submit other.yaml --out " +
                                  quoted(out_) + options));
  };
  const Ended ended = submit_other(" -- --hold");
  ASSERT_EQ(ended.code, 0) << ended.err;
  remember_jobs();
  fs::copy_file(kCluster / "expected/journal.ndj", out_ / "journal.ndj");
  const Ended again = submit_other("");
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("holds results of the study 'small'"));
  ASSERT_EQ(run_command(in_cluster("scontrol release " + job_)).code, 0);
  EXPECT_TRUE(ends(job_, "FAILED")) << logs();
  EXPECT_EQ(state(job_).exit, "2:0");
  EXPECT_EQ(state(job_).requeues, 0);
  EXPECT_THAT(logs(), HasSubstr("bad input"));
  EXPECT_THAT(logs(), Not(HasSubstr("starting them again")));
}

TEST_F(Slurm, PendingForEverIsPointedOut) {
  ASSERT_EQ(submit("--nodes 50").code, 0);
  EXPECT_TRUE(wait_until([&] { return !state(job_).advice.empty(); }));
  const json all = status();
  const json now = all["jobs"].at(0);
  EXPECT_EQ(now["state"], "PENDING");
  EXPECT_THAT(now["reason"], testing::AnyOf("PartitionNodeLimit", "PartitionConfig"));
  EXPECT_THAT(now["advice"].get<std::string>(), HasSubstr("can never run"));
  EXPECT_EQ(all["planned"], 7);
  EXPECT_EQ(all["done"], 0);
}

TEST_F(Slurm, RefusalsNameTheReason) {
  const Ended ended = submit("--partition nosuch");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("invalid partition"));
  EXPECT_FALSE(fs::exists(out_ / "slurm/jobs.json"));
}

TEST_F(Slurm, EachRankHasItsGpu) {
  ASSERT_EQ(submit("--nodes 1 --gpus 2 --device cpu").code, 0);
  ASSERT_TRUE(begins()) << logs();
  std::vector<std::string> seen;
  for (const auto& [pid, environment] : ranks()) {
    const auto at = environment.find("\nCUDA_VISIBLE_DEVICES=");
    ASSERT_NE(at, std::string::npos);
    seen.push_back(environment.substr(at + 22, environment.find('\n', at + 1) - at - 22));
  }
  EXPECT_THAT(seen, testing::UnorderedElementsAre("0", "1"));
  expect_done();
}

}  // namespace
}  // namespace lorahub
