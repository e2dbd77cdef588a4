// One results folder, one truth: inputs that changed between runs, shards, runs beside each other,
// unlike machines.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "run/small_study.hpp"
#include "store/merge_shards.hpp"

namespace lorahub {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Two searches of a few candidates in a library of two modules.
class ResultsFolder : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* module : {"find_letter", "max_letter"}) put_module(module, module);
    write_study(folder_,
                "question: q\nuses: {model: mini, tasks: mini/unseen}\n"
                "set: {library: library, modules: all, search.method: random, search.budget: 4, "
                "max_tokens: 2, shots: 2, task: [E1_isa_letter]}\nvary: {seed: [1, 2]}\n");
  }
  void put_module(const std::string& from, const std::string& to) {
    fs::create_directories(folder_ / "library" / to);
    fs::copy(fs::path(SOURCE_DIR "/configs/library/mini/r16") / from, folder_ / "library" / to,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  Ended run(const std::string& more) { return run_study(folder_, "", more); }
  Ended lorahub(const std::string& arguments) {
    return run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " " + arguments);
  }
  Ended merge() {
    return lorahub("merge " + quoted(folder_ / "small.yaml") + " --out " + quoted(folder_ / "out"));
  }
  std::string result() { return quoted(folder_ / "out/out.h5"); }
  const fs::path folder_ = fresh_folder("results_folder");
};

const auto kTwoTruths = AllOf(HasSubstr("module max_letter of library library ("),
                              HasSubstr("the same input has two contents"), HasSubstr("--out"));

TEST_F(ResultsFolder, AModuleReplacedBetweenCallsWithOnlyIsRefused) {
  ASSERT_EQ(run("--only seed=1").code, 0);
  const std::string before = read_all(folder_ / "out/journal.ndj");
  put_module("find_letter", "max_letter");
  const Ended ended = run("--only seed=2");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, AllOf(kTwoTruths, HasSubstr("in journal.ndj"), HasSubstr("files now")));
  EXPECT_EQ(read_all(folder_ / "out/journal.ndj"), before);
  put_module("max_letter", "max_letter");
  EXPECT_EQ(run("--only seed=2").code, 0) << "the files were restored";
}

TEST_F(ResultsFolder, AModuleReplacedBetweenShardsOrPlansIsRefused) {
  ASSERT_EQ(run("--shard 1/2").code, 0);
  put_module("find_letter", "max_letter");
  const Ended shard = run("--shard 2/2");
  EXPECT_EQ(shard.code, 2);
  EXPECT_THAT(shard.err, AllOf(kTwoTruths, HasSubstr("in journal-1-of-2.ndj")));
  const Ended plan = run("--shard 2/2 --set search.budget=5");
  EXPECT_EQ(plan.code, 2) << "the trials before are in no plan any more";
  EXPECT_THAT(plan.err, kTwoTruths);
}

TEST_F(ResultsFolder, MergeRefusesShardsThatReadOtherFilesAndOtherStudies) {
  ASSERT_EQ(run("--shard 1/2").code, 0);
  fs::rename(folder_ / "out", folder_ / "first");
  put_module("find_letter", "max_letter");
  ASSERT_EQ(run("--shard 2/2").code, 0);
  fs::copy_file(folder_ / "first/journal-1-of-2.ndj", folder_ / "out/journal-1-of-2.ndj");
  const Ended ended = merge();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, AllOf(kTwoTruths, HasSubstr("in journal-1-of-2.ndj"),
                               HasSubstr("in journal-2-of-2.ndj")));
  EXPECT_FALSE(fs::exists(folder_ / "out/out.h5"));
  fs::remove(folder_ / "out/journal-1-of-2.ndj");
  fs::copy_file(folder_ / "small.yaml", folder_ / "other.yaml");
  const Ended other =
      lorahub("merge " + quoted(folder_ / "other.yaml") + " --out " + quoted(folder_ / "out"));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("holds results of the study 'small'"));
}

TEST_F(ResultsFolder, ARunOfTheWholeKeepsWhatShardsHaveFinished) {
  ASSERT_EQ(run("--shard 1/2").code, 0);
  ASSERT_EQ(run("--shard 2/2").code, 0);
  ASSERT_EQ(merge().code, 0);
  const auto starts = [&] {
    std::string text;
    for (const store::ResultRow& row : store::read_hdf5(folder_ / "out/out.h5").rows)
      text += row.status + " ";
    return text;
  };
  EXPECT_EQ(starts(), "done done ");
  ASSERT_EQ(run("").code, 0);
  EXPECT_EQ(starts(), "done done ");
  const Ended checked = lorahub("check " + result());
  EXPECT_EQ(checked.code, 0) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr(": good"));
}

// A start that finds all done elsewhere has nothing left, so that nothing would be run twice.
TEST_F(ResultsFolder, ShardsAndRunsOfTheWholeMayFollowEachOtherWhenAllIsDone) {
  for (const char* more : {"--shard 1/2", "--shard 2/2", "", "--shard 1/2", "--shard 2/2", "",
                           "--shard 1/1", "--shard 2/2"})
    EXPECT_EQ(run(more).code, 0) << more;
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // starts have seconds, no less
  EXPECT_EQ(run("--set seed=3").code, 0) << "a plan that is another one";
  const Ended status = lorahub("status " + quoted(folder_ / "out"));
  EXPECT_THAT(status.out, AllOf(HasSubstr("1 of 1 trials done, 0 begun, 0 failed"),
                                HasSubstr("2 more are done, of a plan that is not the last one")));
}

// A process of the program that runs until it is told to end.
class LongRun {
 public:
  LongRun(const fs::path& folder, const std::string& more) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    const std::string command = "exec env " +
                                study_command(folder, "", "--set search.budget=1000000 " + more) +
                                " 2>/dev/null";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ~LongRun() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
};

void wait_for(const fs::path& journal) {
  for (int i = 0; i < 12000; ++i) {
    if (read_all(journal).find("\"kind\":\"generation\"") != std::string::npos) return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << journal << " has no generation";
}

TEST_F(ResultsFolder, ShardsOfAnotherCountAreRefusedBesideARun) {
  const LongRun first(folder_, "--shard 1/2");
  wait_for(folder_ / "out/journal-1-of-2.ndj");
  for (const char* other : {"", "--shard 1/1"}) {
    const Ended ended = run(other);
    EXPECT_EQ(ended.code, 2) << ended.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/journal.ndj"));
}

TEST_F(ResultsFolder, MergeBesideARunLeavesBothWhole) {
  ASSERT_EQ(run("").code, 0);
  const LongRun other(folder_, "");
  wait_for(folder_ / "out/journal.ndj");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(merge().code, 0);
    EXPECT_EQ(store::check_hdf5(folder_ / "out/out.h5", {}).problems, std::vector<std::string>{});
  }
  for (const auto& entry : fs::directory_iterator(folder_ / "out"))
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
}

TEST_F(ResultsFolder, UnlikeMachinesAreSaidByRunReportAndCheck) {
  ASSERT_EQ(run("--only seed=1").code, 0);
  const Ended second = run_command("export ATEN_CPU_CAPABILITY=default; " +
                                   study_command(folder_, "", "--only seed=2"));
  EXPECT_EQ(second.code, 0);
  EXPECT_THAT(second.err, AllOf(HasSubstr("was begun by another machine or program"),
                                HasSubstr("ATEN_CPU_CAPABILITY (not set, then default)")));
  const Ended checked = lorahub("check " + result());
  EXPECT_EQ(checked.code, 0) << "it is no fault of the file";
  EXPECT_THAT(checked.out, AllOf(HasSubstr("note: "), HasSubstr("2 kinds of machine")));
  const Ended reported = lorahub("report " + quoted(folder_ / "out"));
  EXPECT_EQ(reported.code, 0);
  EXPECT_THAT(reported.out, HasSubstr("2 kinds of machine"));
}

TEST_F(ResultsFolder, DamageEndsEveryCommandWithASentence) {
  ASSERT_EQ(run("").code, 0);
  std::string bytes = read_all(folder_ / "out/out.h5");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(folder_ / "out/out.h5", std::ios::binary) << bytes;
  EXPECT_EQ(lorahub("check " + result()).code, 1);
  for (const std::string command : {"report ", "export --csv ", "export --ro-crate "}) {
    const Ended ended = lorahub(command + quoted(folder_ / "out"));
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_THAT(ended.err, HasSubstr("its digest differs")) << command;
  }
  EXPECT_EQ(lorahub("status " + quoted(folder_ / "out")).code, 0) << "it reads the journal";
  ASSERT_EQ(run("").code, 0);
  EXPECT_EQ(lorahub("check " + result()).code, 0) << "rebuilt from the journal";
}

TEST_F(ResultsFolder, APipeForAJournalBlocksNobody) {
  fs::create_directories(folder_ / "out");
  ASSERT_EQ(::mkfifo((folder_ / "out/journal.ndj").c_str(), 0666), 0);
  for (const Ended& ended : {run(""), merge(), lorahub("status " + quoted(folder_ / "out"))}) {
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("journal.ndj is not a regular file"));
  }
}

TEST_F(ResultsFolder, WhatNoRunWroteIsNeitherReplacedNorFollowed) {
  const fs::path out = folder_ / "out", secret = folder_ / "secret";
  fs::create_directories(out);
  std::ofstream(secret) << "mine";
  const auto refused = [&](const char* words) {
    const Ended ended = run("--only seed=1");
    EXPECT_EQ(ended.code, 2) << words;
    EXPECT_THAT(ended.err, AllOf(HasSubstr(words), HasSubstr("choose another --out")));
    EXPECT_EQ(read_all(secret), "mine");
  };
  fs::copy(secret, out / "out.h5");
  refused("out.h5 is there already, without a readable journal");
  EXPECT_EQ(read_all(out / "out.h5"), "mine");
  fs::remove(out / "out.h5");
  for (const char* name : {"out.h5", "journal.ndj", "journal.ndj.lock", "log"}) {
    fs::create_symlink("../secret", out / name);
    refused((std::string(name) + " is a symbolic link").c_str());
    EXPECT_TRUE(fs::is_symlink(out / name));
    fs::remove(out / name);
  }
  EXPECT_TRUE(fs::is_empty(out));
  ASSERT_EQ(run("--only seed=1").code, 0);
  fs::rename(out / "journal.ndj", folder_ / "kept.ndj");
  const std::string before = read_all(out / "out.h5");
  refused("out.h5 is there already, without a readable journal");
  EXPECT_EQ(read_all(out / "out.h5"), before) << "its results are nowhere else";
  fs::rename(folder_ / "kept.ndj", out / "journal.ndj");
  EXPECT_EQ(run("--only seed=1").code, 0);
}

// An editor or git has changed the ends of the lines, so that no checksum fits.
TEST_F(ResultsFolder, AJournalOfDamagedLinesAloneIsSeenAndItsResultFileKept) {
  ASSERT_EQ(run("").code, 0);
  const fs::path journal = folder_ / "out/journal.ndj", file = folder_ / "out/out.h5";
  const std::string text = read_all(journal), before = read_all(file);
  std::string changed;
  for (const char c : text) changed += c == '\n' ? "\r\n" : std::string(1, c);
  std::ofstream(journal, std::ios::binary) << changed;
  const Ended status = lorahub("status " + quoted(folder_ / "out"));
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_THAT(status.out, HasSubstr("damaged line"));
  EXPECT_THAT(status.out, HasSubstr("journal.ndj:1:"));
  const Ended merged = merge();
  EXPECT_EQ(merged.code, 2) << merged.err;
  EXPECT_THAT(merged.err, HasSubstr("holds no journal that can be read"));
  const Ended again = run("--only seed=1");
  EXPECT_EQ(again.code, 2) << again.err;
  EXPECT_THAT(again.err, HasSubstr("out.h5 is there already, without a readable journal"));
  EXPECT_EQ(read_all(file), before);
  EXPECT_EQ(read_all(journal), changed);
  std::ofstream(journal, std::ios::binary) << text;
  EXPECT_EQ(run("").code, 0) << "restored";
}

}  // namespace
}  // namespace lorahub
