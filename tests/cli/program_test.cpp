// Where results and messages go when they can't: no result is lost in silence, and no run for the
// sake of a message.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using testing::HasSubstr;

const std::string kRank4 = " --library " + kConfigs + "/library/mini/r4";

class Streams : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "rows.jsonl") << "{\"input\":\"which is a fruit: (A) fig (B) van\","
                                             "\"target\":\"(A)\"}\n";
    std::ofstream(folder_ / "w.json") << "[[0.5]]";
    // A copy: `hub list` keeps an index beside the modules.
    std::filesystem::create_directories(folder_ / "library");
    std::filesystem::copy(kConfigs + "/library/mini/r4/find_letter",
                          folder_ / "library/find_letter",
                          std::filesystem::copy_options::recursive);
    task_ = " --task " + quoted(folder_ / "rows.jsonl");
  }
  // Commands that print a result.
  std::vector<std::string> printing() const {
    const std::string one = kModel + kRank4 + " --modules find_letter";
    return {"--version",
            "--help",
            "score --help",
            "infer" + kModel + task_ + " --max-tokens 2",
            "infer" + kModel + task_ + " --max-tokens 2 --json",
            "infer" + kModel + task_ + " --max-tokens 2 --json-lines",
            "score" + one + task_ + " --weights " + quoted(folder_ / "w.json"),
            "compose" + one + " --weights " + quoted(folder_ / "w.json") + " --out " +
                quoted(folder_ / "composed"),
            "adapt" + one + task_ + " --shots 1 --budget 2 --out " + quoted(folder_ / "adapted"),
            "probe" + one + task_ + " --shots 1 --json --cache " + quoted(folder_ / "cache"),
            "hub list " + quoted(folder_ / "library"),
            "plan " SOURCE_DIR "/experiments/quickstart.yaml"};
  }
  std::filesystem::path folder_ = fresh_folder("streams");
  std::string task_;
};

TEST_F(Streams, OutputThatCannotBeWrittenEndsEveryCommandWithASentence) {
  for (const std::string& command : printing()) {
    for (const char* where : {" >/dev/full", " >&-"}) {
      const Ended ended = lorahub(command + where);
      EXPECT_EQ(ended.code, 2) << command << where << ended.err;
      EXPECT_THAT(ended.err, HasSubstr("standard output can't be written")) << command << where;
    }
  }
}

TEST_F(Streams, AClosedPipeIsSaidToo) {
  // The reader is gone before the program writes.
  const Ended ended =
      run_command("{ LORAHUB_CONFIGS=" + kConfigs + " sh -c 'sleep 0.2; " PROGRAM " hub list " +
                  (folder_ / "library").string() + "; echo $? >&2'; } | true; sleep 1.5");
  EXPECT_THAT(ended.err, HasSubstr("Broken pipe"));
  EXPECT_THAT(ended.err, HasSubstr("\n2\n"));
}

TEST_F(Streams, MessagesThatCannotBeWrittenAreDropped) {
  for (const char* where : {" 2>/dev/full", " 2>&-"}) {
    const Ended right = lorahub("infer" + kModel + task_ + " --max-tokens 2" + where);
    EXPECT_EQ(right.code, 0) << where;
    EXPECT_NE(right.out, "");
    EXPECT_EQ(lorahub(std::string("scroe") + where).code, 2) << where;
    const auto out = quoted(folder_ / ("cut" + std::to_string(std::strlen(where))));
    EXPECT_EQ(lorahub("compose" + kModel + kRank4 + " --modules find_letter --rank 2 --weights " +
                      quoted(folder_ / "w.json") + " --out " + out + where)
                  .code,
              0)
        << where;
  }
}

TEST_F(Streams, FilesNeverTakeTheNumbersOfClosedOnes) {
  const auto out = folder_ / "alone";
  const Ended ended =
      lorahub("compose" + kModel + kRank4 + " --modules find_letter --weights " +
              quoted(folder_ / "w.json") + " --out " + quoted(out) + " <&- >&- 2>&-");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(read_all(out / "adapter_config.json"), testing::StartsWith("{"));
  EXPECT_EQ(lorahub("infer" + kModel + " --task - <&-").code, 2);
}

// A library of LibTorch would end the program with words of its own.
TEST_F(Streams, ACurrentFolderThatWasRemovedIsSaid) {
  std::filesystem::create_directories(folder_ / "gone");
  for (const std::string command : {"plan", "knobs", "run x.yaml", "run /x.yaml", "status ."}) {
    const Ended ended = run_command("cd " + quoted(folder_ / "gone") + " && rmdir " +
                                    quoted(folder_ / "gone") + " && " PROGRAM " " + command);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_THAT(ended.err, testing::StartsWith("lorahub: the current folder can't be found"));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    std::filesystem::create_directories(folder_ / "gone");
  }
}

// MPI's start alone needs 70 KiB or so, and would end in a segmentation fault.
TEST_F(Streams, AStackThatIsTooSmallIsSaidOrRaised) {
  for (const std::string& command :
       {std::string("doctor"), "infer" + kModel + task_ + " --max-tokens 2"}) {
    const Ended ended =
        run_command("ulimit -s 64; LORAHUB_CONFIGS=" + kConfigs + " " PROGRAM " " + command);
    EXPECT_EQ(ended.code, 2) << command << ended.err;
    EXPECT_THAT(ended.err, testing::StartsWith("lorahub: the stack may hold less than 1024 KiB"));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
  const Ended raised =
      run_command("ulimit -S -s 64; LORAHUB_CONFIGS=" + kConfigs + " " PROGRAM " infer" + kModel +
                  task_ + " --max-tokens 2 --threads 2");
  EXPECT_EQ(raised.code, 0) << raised.err;
  EXPECT_EQ(raised.out, lorahub("infer" + kModel + task_ + " --max-tokens 2").out);
}

#ifndef __SANITIZE_ADDRESS__  // which takes all of the address space

// The loader of libraries ends with 127 and a sentence of its own.
TEST_F(Streams, MemoryThatDoesNotSufficeToBeginIsSaid) {
  int refused = 0;
  for (int megabytes = 300; megabytes < 800; megabytes += 20) {
    const Ended ended =
        run_command("ulimit -v " + std::to_string(megabytes * 1000) + "; " PROGRAM " --version");
    if (ended.code == 0) continue;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_TRUE(ended.code == 2 || ended.code == 127) << megabytes << " " << ended.code;
    if (ended.code != 2) continue;
    EXPECT_THAT(ended.err, testing::HasSubstr("of memory is left"));
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

#endif

}  // namespace
}  // namespace lorahub
