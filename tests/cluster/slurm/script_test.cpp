// The batch scripts, byte for byte, and as a shell reads them. `UPDATE_GOLDEN=1 cluster_test`
// writes the expected files anew: read the difference before it is committed.
#include "cluster/slurm/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/text.hpp"
#include "process.hpp"

namespace lorahub::cluster::slurm {
namespace {

using testing::HasSubstr;
using testing::Not;

BatchJob small() {
  return {.study = "quickstart",
          .command_line = "lorahub submit experiments/quickstart.yaml --ranks 8",
          .folder = "/home/ada/lorahub",
          .out = "results/quickstart",
          .program = "/home/ada/lorahub/build/release/lorahub",
          .launcher = "srun --mpi=pmix",
          .plan = {"experiments/quickstart.yaml"},
          .request = {.ranks = 8}};
}

BatchJob large() {
  return {.study = "official_bbh",
          .command_line = "lorahub submit experiments/official_bbh.yaml --array 4 --cluster juno",
          .folder = "/home/ada/lora hub",
          .out = "/scratch/100%/it's here",
          .program = "apptainer run --nv lorahub.sif",
          .launcher = "mpirun --bind-to none",
          .plan = {"my studies/bbh.yaml", "--set", "task=[boolean_expressions, snarks]"},
          .options = {"--device", "cuda", "--stall-timeout", "120", "--only", "seed=1"},
          .environment = {{"HF_HOME", "/scratch/ada's models"}},
          .site = {.preamble = {"module purge", "module load gcc/12 openmpi/4.1"},
                   .defaults = {.options = {"--hint=nomultithread"}},
                   .restarts = 1,
                   .requeues = 50,
                   .warning = 300},
          .request = {.nodes = 2,
                      .ranks = 8,
                      .gpus = 8,
                      .time = "1-12:00:00",
                      .partition = "gpu",
                      .account = "p123",
                      .array = 4},
          .pass = {"--qos", "long", "--comment=four shards"}};
}

void expect_golden(const std::string& text, const std::string& name) {
  const std::filesystem::path file = SOURCE_DIR "/tests/cluster/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(file) << text;
  EXPECT_EQ(text, read_all(file)) << "differs from " << file;
}

TEST(Script, OneJobBySrun) {
  expect_golden(study_script(small()), "one.sbatch");
  expect_golden(report_script(small()), "one_report.sbatch");
}

TEST(Script, ArrayOfGpusByMpirun) {
  expect_golden(study_script(large()), "array.sbatch");
  expect_golden(report_script(large()), "array_report.sbatch");
}

BatchJob planned(JobRequest request) {
  BatchJob job = small();
  job.need = {.threads = 4, .shared_bytes = 3e9, .own_bytes = 1e9, .seconds = 1800};
  job.request = request;
  return job;
}

// A node holds the weights once, and what a rank computes with once for each of its ranks.
TEST(Script, AsksForWhatThePlanSays) {
  const std::string script = study_script(planned({.nodes = 2, .ranks = 7}));
  EXPECT_THAT(script, HasSubstr("\n#SBATCH --cpus-per-task=4\n"));
  EXPECT_THAT(script, HasSubstr("\n#SBATCH --mem=10798M\n"));  // 1.25 (3000 + 4 * 1000) + 4 * 512
  EXPECT_THAT(script, HasSubstr("\n#SBATCH --time=01:00:00\n"));
  EXPECT_THAT(study_script(planned({.ranks = 7})),  // anywhere: each rank may be alone
              HasSubstr("\n#SBATCH --mem-per-cpu=1379M\n"));
}

TEST(Script, TheUserAndTheSiteHaveTheLastWord) {
  BatchJob job = planned({.nodes = 1, .ranks = 2, .time = "00:20:00"});
  job.pass = {"-c", "8"};
  job.site.defaults.options = {"--mem-per-cpu=4G"};
  const std::string script = study_script(job);
  EXPECT_THAT(script, Not(HasSubstr("--cpus-per-task=")));
  EXPECT_THAT(script, Not(HasSubstr("--mem=")));
  EXPECT_THAT(script, HasSubstr("\n#SBATCH --time=00:20:00\n"));
  job.request.time = "";
  job.pass = {"--time=30"};
  EXPECT_THAT(study_script(job), Not(HasSubstr("--time=01")));
}

TEST(Script, ATimeLimitHasBounds) {
  BatchJob job = planned({.ranks = 1});
  job.need.seconds = 1;
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --time=00:10:00\n"));
  job.need.seconds = 1e7;
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --time=24:00:00\n"));
}

TEST(Script, IsGoodBash) {
  const auto folder = fresh_folder("script");
  for (const BatchJob& job : {small(), large()})
    for (const std::string& text : {study_script(job), report_script(job)}) {
      std::ofstream(folder / "job.sh") << text;
      const Ended ended = run_command("bash -n " + quoted(folder / "job.sh"));
      EXPECT_EQ(ended.code, 0) << ended.err;
    }
}

TEST(Script, GpusAreSharedOutAsTheLauncherNeeds) {
  BatchJob job = small();
  job.request.gpus = 8;
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --gpus-per-task=1\n"));
  job.request.ranks = 16;  // two ranks share one
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --gpus=8\n"));
  job.request.nodes = 4;
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --gpus-per-node=2\n"));
  job.request.ranks = 8;
  job.launcher = "mpirun";
  EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --gpus-per-node=2\n"));
  EXPECT_THAT(report_script(job), Not(HasSubstr("gpu")));
}

// The words that Slurm's users know for a kind of GPU, and for where ranks are bound.
TEST(Script, GpusThatTheUserAsksForInSlurmsWordsAreAskedForOnce) {
  BatchJob job = small();
  job.request.gpus = 8;
  for (const char* words : {"--gres=gpu:a100:4", "--gpus-per-task=a100:1", "--gpus-per-node=4",
                            "--gpus=a100:8", "-Ga100:8"}) {
    job.pass = {"--gpu-bind=closest", words};
    const std::string script = study_script(job);
    EXPECT_THAT(script, HasSubstr(base::format("\n#SBATCH --gpu-bind=closest {}\n", words)));
    EXPECT_THAT(script, Not(HasSubstr("\n#SBATCH --gpus"))) << words;
  }
  for (const char* words : {"--gpu-bind=closest", "--gres=shard:2"}) {  // says not how many GPUs
    job.pass = {words};
    EXPECT_THAT(study_script(job), HasSubstr("\n#SBATCH --gpus-per-task=1\n")) << words;
  }
}

TEST(Script, TheWarningLeavesTimeToWork) {
  BatchJob job = small();
  job.request.time = "60";
  EXPECT_THAT(study_script(job), HasSubstr("--signal=B:USR1@120\n"));
  job.request.time = "2";
  EXPECT_THAT(study_script(job), HasSubstr("--signal=B:USR1@30\n"));
}

// The script without Slurm: srun, scontrol and the program are fakes. `srun`: shell text that plays
// the n-th start of the ranks ($n). Returns the exit code; `requeued` says whether it asked for it.
struct Played {
  Ended ended;
  bool requeued = false;
  int starts = 0;
  std::string words;  // of srun, a line a start
};
Played play(const std::string& srun, const std::string& environment = "",
            const BatchJob& job = small()) {
  const auto folder = fresh_folder("played");
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << "#!/bin/bash\n" << text;
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
  };
  // `dead`: nodes that start nothing. The n-th start's words are kept.
  write("srun",
        "case \" $* \" in *\" --overlap \"*) for node in ${DEAD:-}; do [[ \" $* \" != *\" $node "
        "\"* ]] || exit 1; done; exit 0;; esac\necho \"$*\" >>" +
            quoted(folder / "words") + "\nn=$(($(cat " + quoted(folder / "n") +
            " 2>/dev/null) + 1)); echo $n >" + quoted(folder / "n") + "\n" + srun + "\n");
  write("scontrol",
        "case \"$1 $2\" in\n  'show hostnames') echo n1; echo n2; echo n3;;\n  show*) echo JobId=7 "
        "JobState=${STATE:-RUNNING};;\n  requeue*) echo $2 >" +
            quoted(folder / "requeued") + "; kill -TERM $PPID;;\nesac\n");
  write("sleep", "exec /bin/sleep 0.$1\n");  // a pause of 2 s takes 0.2 s
  std::ofstream(folder / "job.sh") << study_script(job);
  Played played;
  played.ended =
      run_command("PATH=" + quoted(folder) + ":$PATH SLURM_JOB_ID=7 SLURM_JOB_NODELIST=n1 " +
                  environment + " bash " + quoted(folder / "job.sh"));
  played.requeued = read_all(folder / "requeued") == "7\n";
  const std::string starts = read_all(folder / "n");
  played.starts = starts.empty() ? 0 : std::stoi(starts);
  played.words = read_all(folder / "words");
  return played;
}

TEST(Wrapper, EndsWithTheStudy) {
  const Played done = play("exit 0");
  EXPECT_EQ(done.ended.code, 0) << done.ended.err;
  EXPECT_EQ(done.starts, 1);
  const Played failed = play("exit 1");
  EXPECT_EQ(failed.ended.code, 1);
  EXPECT_EQ(failed.starts, 1);
  const Played bad = play("exit 2");
  EXPECT_EQ(bad.ended.code, 2);
  EXPECT_EQ(bad.starts, 1);
  EXPECT_FALSE(done.requeued || failed.requeued || bad.requeued);
}

TEST(Wrapper, StartsDeadRanksAgainInPlace) {
  const Played played = play("[ $n = 1 ] && kill -9 $$; [ $n = 2 ] && exit 2; exit 0");
  EXPECT_EQ(played.ended.code, 0) << played.ended.out;
  EXPECT_EQ(played.starts, 3);  // also after the lock of the dead one
  EXPECT_FALSE(played.requeued);
}

TEST(Wrapper, RequeuesWhenRestartsDoNotHelpButNotForEver) {
  const Played first = play("exit 137", "SLURM_RESTART_COUNT=19");
  EXPECT_EQ(first.starts, 4);
  EXPECT_TRUE(first.requeued);
  const Played last = play("trap 'exit 75' USR1; kill -USR1 $PPID; /bin/sleep 0.3; exit 9",
                           "SLURM_RESTART_COUNT=20");
  EXPECT_EQ(last.starts, 1);
  EXPECT_EQ(last.ended.code, 75);
  EXPECT_FALSE(last.requeued);
  EXPECT_THAT(last.ended.out, HasSubstr("giving up"));
}

TEST(Wrapper, HandsTheWarningOnAndRequeues) {
  const Played played = play(
      "trap 'exit 75' USR1; kill -USR1 $PPID; for i in 1 2 3 4 5 6 7 8 9; do /bin/sleep 0.1; done; "
      "exit "
      "9");
  EXPECT_EQ(played.starts, 1);
  EXPECT_TRUE(played.requeued);
  EXPECT_THAT(played.ended.out, HasSubstr("ended with 75"));
}

TEST(Wrapper, TermIsAWarningWhileRunningAndAnEndElse) {
  const std::string ranks =
      "trap 'exit 75' USR1; trap 'exit 143' TERM; kill -TERM $PPID; for i in 1 2 3 4 5 6 7 8 9; do "
      "/bin/sleep 0.1; done; exit 9";
  const Played preempted = play(ranks);
  EXPECT_TRUE(preempted.requeued) << preempted.ended.out;
  const Played cancelled = play(ranks, "STATE=COMPLETING");
  EXPECT_FALSE(cancelled.requeued);
  EXPECT_EQ(cancelled.ended.code, 143);
  EXPECT_EQ(cancelled.starts, 1);
}

// A node is lost: the ranks end, and begin again at once on those that are left.
TEST(Wrapper, GoesOnWithTheNodesThatAnswer) {
  const Played played =
      play("[ $n = 1 ] && exit 75; exit 0", "SLURM_JOB_NUM_NODES=3 SLURM_NTASKS=12 DEAD=n2");
  EXPECT_EQ(played.ended.code, 0) << played.ended.out;
  EXPECT_EQ(played.starts, 2);
  EXPECT_FALSE(played.requeued);
  EXPECT_THAT(played.ended.out, HasSubstr("2 of 3 nodes answer (n1,n3)"));
  EXPECT_THAT(played.words, HasSubstr("--nodes=2 --ntasks=8 --nodelist=n1,n3 "));
  const Played whole = play("[ $n = 1 ] && exit 75; exit 0", "SLURM_JOB_NUM_NODES=3");
  EXPECT_THAT(whole.words, Not(HasSubstr("--nodelist")));
}

TEST(Wrapper, RequeuesAtOnceWhereNoNodeAnswers) {
  const Played played = play("exit 75", "SLURM_JOB_NUM_NODES=3 SLURM_NTASKS=3 DEAD='n1 n2 n3'");
  EXPECT_EQ(played.starts, 1);
  EXPECT_TRUE(played.requeued);
}

// srun keeps its words on one line, so each must be there as it was given.
TEST(Wrapper, RanksGetTheWordsThatWereGiven) {
  BatchJob job = small();
  job.program = "apptainer run 'my image.sif'";
  job.options = {"--only", "[0]=it's", "a  b", "$(touch x)", "*", "#x", "\\", "{a,b}"};
  job.request.array = 3;
  const Played played = play("exit 0", "SLURM_ARRAY_JOB_ID=6 SLURM_ARRAY_TASK_ID=2", job);
  EXPECT_EQ(played.words,
            "--mpi=pmix --kill-on-bad-exit=0 --wait=30 apptainer run my image.sif run "
            "experiments/quickstart.yaml --out results/quickstart --only [0]=it's a  b $(touch x) "
            "* #x \\ {a,b} --shard 2/3\n");
}

// `module` of a site reads variables that are not set, fails, and switches on what would end us.
TEST(Wrapper, APreambleMayReadWhatIsNotSet) {
  BatchJob job = small();
  job.site.preamble = {"[ -n $NO_SUCH_VARIABLE ]", "set -euo pipefail", "true"};
  const Played played = play("[ $n = 1 ] && exit 9; exit 0", "", job);
  EXPECT_EQ(played.ended.code, 0) << played.ended.out << played.ended.err;
  EXPECT_EQ(played.starts, 2);
  EXPECT_EQ(played.ended.err.find("unbound"), std::string::npos) << played.ended.err;
  const std::string report = report_script(job);
  EXPECT_LT(report.find("NO_SUCH_VARIABLE"), report.find(" -u"));
}

}  // namespace
}  // namespace lorahub::cluster::slurm
