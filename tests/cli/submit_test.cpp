// submit, status and merge on a machine whose Slurm is a fake; a real one: tests/cluster/slurm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/text.hpp"
#include "process.hpp"
#include "read_hdf5.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Submit : public testing::Test {
 protected:
  Submit() {
    std::ofstream(folder_ / "small.yaml")
        << "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
           "set: {max_tokens: 2, task: E1_isa_letter, method: uniform, modules: 2}\n"
           "vary: {seed: [1, 2, 3]}\n";
    fs::create_directories(folder_ / "bin");
  }
  void fake(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / "bin" / name)
        << "#!/bin/bash\necho \"" << name << " $@\" >>" << quoted(folder_ / "calls") << "\n"
        << text << "\n";
    fs::permissions(folder_ / "bin" / name, fs::perms::owner_all);
  }
  void fake_slurm() {
    fake("sbatch", "n=$(grep -c ^sbatch " + quoted(folder_ / "calls") + "); echo $((40 + n))");
    fake("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    fake("scontrol", "exit 1");
    fake("sacct", "exit 1");
    fake("srun", "echo pmix");
  }
  Ended lorahub(const std::string& words) {
    return run_command("cd " + quoted(folder_) + " && PATH=" + quoted(folder_ / "bin") +
                       ":/usr/bin:/bin LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " " +
                       words);
  }
  std::string calls() const { return read_all(folder_ / "calls"); }
  fs::path folder_ = fresh_folder("submit");
  fs::path out_ = folder_ / "results/small";
};

TEST_F(Submit, WritesSubmitsAndRemembers) {
  fake_slurm();
  const Ended ended = lorahub(
      "submit small.yaml --array 3 --ranks 2 --time 60 --set shots=4 --precision f32 --groups auto "
      "--stall-timeout 30 --retry-failed --only seed=1 --only seed=2 --only seed=3 -- --qos=long");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("job 41 (3 shards)\njob 42 (report, after it)\n"));
  EXPECT_THAT(calls(), HasSubstr("sbatch --parsable results/small/slurm/run.sbatch\n"
                                 "sbatch --parsable --dependency=afterany:41 "
                                 "results/small/slurm/report.sbatch\n"));
  const std::string script = read_all(out_ / "slurm/run.sbatch");
  EXPECT_THAT(script, HasSubstr("\narguments=(small.yaml --set shots=4 --set precision=f32 --out "
                                "results/small --only seed=1 --only seed=2 --only seed=3 "
                                "--retry-failed --groups auto --stall-timeout 30)\n"));
  EXPECT_THAT(script, HasSubstr("\nshards=3 "));
  EXPECT_THAT(script, HasSubstr("\n#SBATCH --qos=long\n"));
  EXPECT_THAT(script, HasSubstr("\nlauncher=(srun --mpi=pmix)\n"));
  EXPECT_THAT(script, HasSubstr("\nexport LORAHUB_CONFIGS="));
  const std::string report = read_all(out_ / "slurm/report.sbatch");
  EXPECT_THAT(report, HasSubstr("\nplan=(small.yaml --set shots=4 --set precision=f32)\n"));
  EXPECT_THAT(report, Not(HasSubstr("\n#SBATCH --qos")));
  EXPECT_EQ(json::parse(read_all(out_ / "slurm/jobs.json"))[0]["trials"], 3);
}

TEST_F(Submit, DryRunPrintsAndDoesNothing) {
  const Ended ended = lorahub("submit small.yaml --gpus 2 --dry-run");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("#SBATCH --ntasks=2\n"));
  EXPECT_THAT(ended.out, HasSubstr("--device cuda"));
  EXPECT_THAT(ended.out, HasSubstr("# results/small/slurm/report.sbatch\n"));
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(Submit, BadInputIsFoundBeforeTheQueue) {
  fake_slurm();
  const auto refused = [this](const std::string& words, const std::string& why) {
    const Ended ended = lorahub("submit " + words);
    EXPECT_EQ(ended.code, 2) << words;
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_THAT(calls(), Not(HasSubstr("sbatch"))) << words;
  };
  refused("none.yaml", "no such study");
  refused("small.yaml --set shot=4", "did you mean 'shots'");
  refused("small.yaml --array 4", "only 3 trials");
  refused("small.yaml --time 4h", "not a time limit");
  refused("small.yaml --cluster nosuch", "known: example");
  refused("small.yaml other.yaml", "write options for sbatch after --");
  refused("small.yaml -- --array=1-9", "the script says that itself");
  refused("small.yaml --ranks 2 --nodes 3", "a node would stay empty");
  for (const std::string groups : {"x", "0", "-1", "1.5", "2x", "1e3", "''"})
    refused("small.yaml --groups " + groups, "expected auto, or how many groups");
  refused("small.yaml --gpus 1 --threads 17", "--threads 17: at most 16 share a GPU");
  refused("small.yaml --device cuda --threads 1024", "at most 16 share a GPU");
}

// Each option of `run` but those that a job has no use for: it has no terminal, and --array makes
// its shards.
TEST_F(Submit, TakesEveryOptionOfRun) {
  const auto options = [&](const std::string& command) {
    const std::string help = lorahub(command + " --help").out;
    const std::regex word("\\s(--[a-z-]+)[ \n,=]");
    std::set<std::string> found;
    for (std::sregex_iterator i(help.begin(), help.end(), word), end; i != end; ++i)
      found.insert((*i)[1]);
    return found;
  };
  const std::set<std::string> run = options("run"), submit = options("submit");
  EXPECT_TRUE(run.contains("--set") && run.contains("--shard"));
  std::vector<std::string> lacking;
  std::ranges::set_difference(run, submit, std::back_inserter(lacking));
  EXPECT_THAT(lacking, testing::ElementsAre("--quiet", "--shard"));
}

TEST_F(Submit, AFolderThatTheJobWouldRefuseIsFoundBeforeTheQueue) {
  fake_slurm();
  fs::copy_file(folder_ / "small.yaml", folder_ / "other.yaml");
  ASSERT_EQ(lorahub("run other.yaml --quiet --only seed=1 --out other").code, 0);
  ASSERT_EQ(lorahub("run small.yaml --quiet --shard 1/2 --out half").code, 0);
  fs::create_directories(folder_ / "theirs");
  std::ofstream(folder_ / "theirs/theirs.h5") << "another program's";
  for (const auto& [out, why] :
       {std::pair("other", "holds results of the study 'other'"),
        std::pair("half", "was begun as 2 shards of which 1 have run"),
        std::pair("theirs", "without a readable journal of the run that made it")}) {
    const Ended ended = lorahub(std::string("submit small.yaml --out ") + out);
    EXPECT_EQ(ended.code, 2) << out;
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_FALSE(fs::exists(folder_ / out / "slurm")) << out;
  }
  EXPECT_THAT(calls(), Not(HasSubstr("sbatch")));
  EXPECT_EQ(lorahub("submit small.yaml --out half --array 2").code, 0) << "its own shards";
}

TEST_F(Submit, MoreThanTheLibraryHoldsIsRefusedByPlanToo) {
  fake_slurm();
  std::ofstream(folder_ / "names.txt") << "lorahub/a\nlorahub/b\n";
  for (const auto& [set, why] : {std::pair("modules=41", "has 40, ask for 1 to 40"),
                                 std::pair("modules=[find_leter]", "did you mean 'find_letter'"),
                                 std::pair("library=names.txt --set modules=3", "has 2, ask")})
    for (const std::string command : {"plan", "submit", "submit --dry-run", "run"}) {
      const Ended ended = lorahub(command + " small.yaml --set " + set);
      EXPECT_EQ(ended.code, 2) << command << " " << set;
      EXPECT_THAT(ended.err, HasSubstr(why)) << command;
      EXPECT_EQ(ended.out, "") << command;
      EXPECT_FALSE(fs::exists(out_)) << command;
    }
  EXPECT_EQ(lorahub("plan small.yaml --set modules=40").code, 0);
  EXPECT_THAT(lorahub("plan small.yaml --set library=names.txt --set modules=2").out,
              HasSubstr("missing here: "))
      << "modules that are elsewhere";
}

// What a run would refuse at once must not wait in a queue for that.
TEST_F(Submit, WhatIsMissingHereIsNotSubmitted) {
  fake_slurm();
  const auto refused = [this](const std::string& words, const std::string& why) {
    const Ended ended = lorahub("submit " + words);
    EXPECT_EQ(ended.code, 2) << words;
    EXPECT_THAT(ended.err, HasSubstr("nothing is submitted"));
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_THAT(calls(), Not(HasSubstr("sbatch"))) << words;
    EXPECT_FALSE(fs::exists(out_));
  };
  refused("small.yaml --set model=google/flan-t5-large", "google/flan-t5-large");
  std::ofstream(folder_ / "names.txt") << "lorahub/flan_t5_large-a\nlorahub/flan_t5_large-b\n";
  refused("small.yaml --set library=names.txt", "2 of 2 modules");
  const Ended dry = lorahub("submit small.yaml --set model=google/flan-t5-large --dry-run");
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.err, HasSubstr("missing here: "));
}

TEST_F(Submit, AsksForWhatThePlanSays) {
  const Ended ended = lorahub("submit small.yaml --ranks 4 --nodes 2 --threads 3 --dry-run");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\n#SBATCH --cpus-per-task=3\n"));
  EXPECT_THAT(ended.out, testing::ContainsRegex("\n#SBATCH --mem=[0-9]+M\n"));
  EXPECT_THAT(ended.out, testing::ContainsRegex("\n#SBATCH --time=[0-9:]+\n"));
}

TEST_F(Submit, PlanSaysWhatIsMissing) {
  const Ended all = lorahub("plan small.yaml");
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, Not(HasSubstr("missing here")));
  const Ended some = lorahub("plan small.yaml --only seed=2 --set model=google/flan-t5-large");
  EXPECT_EQ(some.code, 0);
  EXPECT_THAT(some.out, HasSubstr("\n1 trials, "));
  EXPECT_THAT(some.out, HasSubstr("\nmissing here: "));
  EXPECT_EQ(json::parse(lorahub("plan small.yaml --json").out)["missing"], json::array());
}

TEST_F(Submit, LineBreaksAreRefusedBeforeAnythingIsWritten) {
  fake_slurm();
  fs::copy_file(folder_ / "small.yaml", folder_ / "sm\nall.yaml");
  fs::create_directories(folder_ / "in\nside");
  fs::copy_file(folder_ / "small.yaml", folder_ / "in\nside/small.yaml");
  for (const std::string words :
       {"submit 'sm\nall.yaml'", "submit small.yaml --out 'results\n#SBATCH --wrap=x'",
        "submit small.yaml --set 'max_tokens=2\n'", "submit small.yaml --only 'seed=1\n'",
        "submit small.yaml --partition 'p\n#SBATCH --wrap=x'", "submit small.yaml --account 'a\rb'",
        "submit small.yaml -- '--comment=x\ny'", "submit small.yaml -- '--comment=\x1b[2J'",
        "submit small.yaml --out 'r\xff'", "submit 'in\nside/small.yaml'"}) {
    const Ended ended = lorahub(words);
    EXPECT_EQ(ended.code, 2) << words << ended.out;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
    EXPECT_THAT(calls(), Not(HasSubstr("sbatch"))) << words;
    EXPECT_FALSE(fs::exists(folder_ / "results")) << words;
  }
  const Ended variable =
      run_command("cd " + quoted(folder_) + " && HF_HOME='/x\ntouch y' " +
                  "LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " submit small.yaml --dry-run");
  EXPECT_EQ(variable.code, 2);
  EXPECT_THAT(variable.err, HasSubstr("HF_HOME '/x\\ntouch y' holds a line break"));
}

// The script is run: its words are those that were given, and none of them is a command.
TEST_F(Submit, TheShellReadsBackWhatWasGiven) {
  fake_slurm();
  const std::vector<std::string> nasty{"a b",
                                       "it's",
                                       "\"q\"",
                                       "$(touch CANARY)",
                                       "`touch CANARY`",
                                       "$HOME",
                                       "\\",
                                       "a\\\\b",
                                       "*",
                                       "; touch CANARY",
                                       "| tee CANARY",
                                       "> CANARY",
                                       "~",
                                       "!!",
                                       "#x",
                                       "é☃",
                                       "-n",
                                       "{a,b}",
                                       "'; touch CANARY; '"};
  fake("srun", "[ \"$1\" = --mpi=list ] && echo pmix || printf '%s\\0' \"$@\" >" +
                   quoted(folder_ / "words"));
  for (const std::string& word : nasty) {
    const std::string out = "out/" + word;
    const Ended ended = lorahub("submit small.yaml --out " + base::shell_word(out) + " -- " +
                                base::shell_word("--comment=" + word));
    ASSERT_EQ(ended.code, 0) << ended.err;
    const fs::path script = folder_ / out / "slurm/run.sbatch";
    const Ended ran = run_command("cd " + quoted(folder_) + " && PATH=" + quoted(folder_ / "bin") +
                                  ":/usr/bin:/bin SLURM_JOB_ID=1 SLURM_JOB_NODELIST=n bash " +
                                  base::shell_word(script.string()));
    EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
    const std::vector<std::string> words = base::split(read_all(folder_ / "words"), '\0');
    EXPECT_THAT(words, testing::IsSupersetOf({std::string("small.yaml"), out})) << word;
    EXPECT_EQ(
        run_command("bash -n " + base::shell_word((folder_ / out / "slurm/report.sbatch").string()))
            .code,
        0);
  }
  EXPECT_FALSE(fs::exists(folder_ / "CANARY"));
}

TEST_F(Submit, JobsOfAStrangersFolderAreNoWordsOfCommands) {
  fake_slurm();
  fs::create_directories(out_ / "slurm");
  for (const char* id : {"--help", "1;x", "", "1 2", "\u001b[2J"}) {
    std::ofstream(out_ / "slurm/jobs.json")
        << "[{\"submitted_utc\": \"\", \"job\": \"" << id
        << "\", \"report\": \"\", \"shards\": 0, \"trials\": 3}]";
    const Ended ended = lorahub("status results/small");
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("jobs.json: not what `lorahub submit` writes"));
  }
  EXPECT_THAT(calls(), Not(HasSubstr("squeue")));
}

TEST_F(Submit, ASecondJobOnTheSameResultsIsRefused) {
  fake_slurm();
  ASSERT_EQ(lorahub("submit small.yaml").code, 0);
  fake("squeue", "echo '41|RUNNING|None|3:20|n1'");
  const Ended ended = lorahub("submit small.yaml");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("job 41 of results/small is still RUNNING"));
}

TEST_F(Submit, ARefusedReportLosesNoJob) {
  fake_slurm();
  fake("sbatch", "[ $# = 2 ] && echo 41 || { echo 'sbatch: error: no such' >&2; exit 1; }");
  const Ended ended = lorahub("submit small.yaml");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("job 41\n"));
  EXPECT_THAT(ended.err, HasSubstr("no job for the report"));
  EXPECT_EQ(json::parse(read_all(out_ / "slurm/jobs.json"))[0]["report"], "");
}

TEST_F(Submit, StatusShowsJobsBesideTrials) {
  fake_slurm();
  ASSERT_EQ(lorahub("submit small.yaml --array 3").code, 0);
  ASSERT_EQ(lorahub("run small.yaml --shard 1/3 --quiet --out results/small").code, 0);
  fake("squeue",
       "echo '41_1|COMPLETED|None|9:00|n1'; echo '41_2|RUNNING|None|3:20|n2'; "
       "echo '41_3|PENDING|PartitionNodeLimit|10:00|'; echo '42|PENDING|Dependency|30:00|'");
  fake("scontrol", "echo JobId=43 ArrayJobId=41 ArrayTaskId=2 JobState=RUNNING Restarts=2");
  const Ended ended = lorahub("status results/small");
  EXPECT_THAT(ended.out, HasSubstr("1 of 3 trials done"));
  EXPECT_THAT(ended.out,
              HasSubstr("job 41_2       RUNNING    time left 3:20, on n2, requeued 2 time"));
  EXPECT_THAT(ended.out, HasSubstr("PENDING    PartitionNodeLimit, can never run as asked"));
  EXPECT_THAT(ended.out, HasSubstr("PENDING    (report) Dependency"));
  const json all = json::parse(lorahub("status results/small --json").out);
  EXPECT_EQ(all["planned"], 3);
  EXPECT_EQ(all["jobs"].size(), 4U);
}

TEST_F(Submit, StatusWithoutSlurmStillCounts) {
  fake_slurm();
  ASSERT_EQ(lorahub("submit small.yaml").code, 0);
  fake("squeue", "echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1");
  const Ended ended = lorahub("status results/small");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("0 of 3 trials done"));
  EXPECT_THAT(ended.out, HasSubstr("jobs: unknown, squeue does not answer: Unable to contact"));
}

TEST_F(Submit, MergeMakesOneFileAndNamesWhatIsMissing) {
  for (const std::string shard : {"1/3", "3/3"})
    ASSERT_EQ(lorahub("run small.yaml --quiet --shard " + shard).code, 0);
  const Ended ended = lorahub("merge small.yaml");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("2 of 3 trials done, 0 failed, 1 missing"));
  EXPECT_THAT(ended.out, HasSubstr("shard 2 of 3 has left no journal\nmissing: E1_isa_letter"));
  ASSERT_EQ(lorahub("run small.yaml --quiet --shard 2/3").code, 0);
  EXPECT_EQ(lorahub("merge small.yaml").code, 0);
  EXPECT_EQ(lorahub("check results/small/small.h5").code, 0);
  ASSERT_EQ(lorahub("run small.yaml --quiet --out whole").code, 0);
  const auto merged = store::read_hdf5(out_ / "small.h5");
  const auto whole = store::read_hdf5(folder_ / "whole/whole.h5");
  EXPECT_EQ(merged.weights, whole.weights);
  ASSERT_EQ(merged.rows.size(), whole.rows.size());
  for (size_t i = 0; i < whole.rows.size(); ++i) {
    EXPECT_EQ(merged.rows[i].id, whole.rows[i].id);  // in the study's order, not the shards'
    EXPECT_EQ(merged.rows[i].status, "done");
    EXPECT_EQ(merged.rows[i].accuracy, whole.rows[i].accuracy);
  }
  EXPECT_THAT(lorahub("report results/small").out, HasSubstr("3 trials done."));
}

}  // namespace
}  // namespace lorahub
