// Rows that are too long, rows that a loss cuts, and runs that can't fit, by the real program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace lorahub {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kModelFolder = SOURCE_DIR "/configs/model/mini";
const std::string kLibraryFolder = SOURCE_DIR "/configs/library/mini/r16";

class LongRows : public testing::Test {
 protected:
  // A file of eight rows, of which `place` has a token for each of these words.
  std::filesystem::path rows(size_t place, size_t words) const {
    const auto file = folder_ / "task.jsonl";
    std::ofstream out(file);
    for (size_t row = 0; row < 8; ++row) {
      std::string input = "find the letter of row " + std::to_string(row);
      if (row == place)
        for (size_t i = 0; i < words; ++i) input += " pear";
      out << nlohmann::json{{"input", input}, {"target", "p"}}.dump() << "\n";
    }
    return file;
  }
  std::filesystem::path study(const std::string& shots) const {
    std::ofstream(folder_ / "s.yaml")
        << "question: Long?\nuses: {model: mini, library: mini, search: cma}\n"
           "set: {task: [task.jsonl], method: lorahub, modules: 2, search.budget: 4, max_tokens: "
           "4, "
           "shots: "
        << shots << "}\n";
    return folder_ / "s.yaml";
  }
  Ended lorahub(const std::string& words) const {
    return run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " " + words);
  }
  Ended run(const std::string& more) const {
    return lorahub("run " + quoted(folder_ / "s.yaml") + " --quiet --threads 1 --out " +
                   quoted(folder_ / "out") + " " + more);
  }

  std::filesystem::path folder_ = fresh_folder("long_rows");
};

constexpr size_t kTooMany = 9000, kCut = 3000;

TEST_F(LongRows, AreRefusedByFileAndRowBeforeAnythingIsComputed) {
  rows(3, kTooMany);
  for (const char* shots : {"[3, 1]", "[0, 1]"}) {  // as a shot, as a test row
    study(shots);
    for (const char* command : {"run", "plan"}) {
      const Ended ended =
          command == std::string("run") ? run("") : lorahub("plan " + quoted(folder_ / "s.yaml"));
      EXPECT_EQ(ended.code, 2) << ended.out;
      EXPECT_THAT(ended.err, HasSubstr("task.jsonl row 3 (counted from 0): the input has "));
      EXPECT_THAT(ended.err, HasSubstr("the limit is 8192"));
      EXPECT_THAT(ended.err, HasSubstr("task.max_input"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }
  const Ended bounded = run("--set task.max_input=3");
  EXPECT_THAT(bounded.err, HasSubstr("row 0 (counted from 0)"));
}

TEST_F(LongRows, AreRefusedByEveryCommandThatReadsThem) {
  const std::string task = quoted(rows(3, kTooMany));
  const std::string model = " --model " + kModelFolder + " --task " + task;
  std::ofstream(folder_ / "w.json") << "[[0.5, 0.5]]";
  std::ofstream(folder_ / "train.yaml")
      << "train: lora\nmodel: " << kModelFolder << "\ndata: task.jsonl\nout: trained\nsteps: 1\n";
  for (const std::string& words :
       {"adapt --shots all --budget 4 --library " + kLibraryFolder + model + " --out " +
            quoted(folder_ / "adapted"),
        "probe --shots 8 --library " + kLibraryFolder + model + " --cache " +
            quoted(folder_ / "cache"),
        "score --library " + kLibraryFolder + " --modules find_letter,max_letter --weights " +
            quoted(folder_ / "w.json") + model,
        "train " + quoted(folder_ / "train.yaml") + " --quiet"}) {
    const Ended ended = lorahub(words);
    EXPECT_EQ(ended.code, 2) << words << ended.out;
    EXPECT_THAT(ended.err, HasSubstr("task.jsonl row 3 (counted from 0): the input has ")) << words;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "adapted"));
}

TEST_F(LongRows, ThatALossCutsAreSaid) {
  rows(3, kCut);
  study("[3, 1]");
  const std::string sentence = "of 1 of 2 shots a loss reads the first 2048 tokens alone";
  EXPECT_THAT(lorahub("plan " + quoted(folder_ / "s.yaml")).err, HasSubstr(sentence));
  const Ended ended = run("");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr(sentence));
  EXPECT_THAT(read_all(folder_ / "out" / "journal.ndj"), HasSubstr("shots.cut"));
  study("[0, 1]");  // not cut, and answered whole
  EXPECT_THAT(lorahub("plan " + quoted(folder_ / "s.yaml")).err, Not(HasSubstr("alone")));
}

// 400,000 tokens: terabytes, more than any machine has.
TEST_F(LongRows, ThatNoMemoryHoldsAreRefusedWithTheNumbers) {
  rows(3, 400000);
  study("[0, 1]");
  const Ended ended = run("--set task.max_input=1000000");
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr(" takes about "));
  EXPECT_THAT(ended.err, HasSubstr("--no-memory-check"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  const Ended answer = lorahub("infer --max-input 1000000 --model " + kModelFolder + " --task " +
                               quoted(folder_ / "task.jsonl"));
  EXPECT_EQ(answer.code, 2) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr(" takes about "));
}

// Answers read 400,000 tokens; losses 2,048 of them each, here by very many threads.
TEST_F(LongRows, ThatNoMemoryHoldsAreRefusedByTheOtherCommands) {
  rows(3, 400000);
  std::ofstream(folder_ / "w.json")
      << nlohmann::json(std::vector(1024, std::vector<double>{0.5, 0.5}));
  std::ofstream(folder_ / "train.yaml")
      << "train: lora\nmodel: " << kModelFolder << "\ndata: task.jsonl\nout: " << folder_.string()
      << "/trained\nsteps: 1\nsource_length: 400000\nmax_input: 1000000\n";
  const std::string rest = " --max-input 1000000 --threads 1024 --model " + kModelFolder +
                           " --library " + kLibraryFolder + " --task " +
                           quoted(folder_ / "task.jsonl");
  for (const std::string& words :
       {"probe --shots 8 --cache " + quoted(folder_ / "cache") + rest,
        "score --engine reference --modules find_letter,max_letter --weights " +
            quoted(folder_ / "w.json") + rest,
        "train " + quoted(folder_ / "train.yaml") + " --quiet"}) {
    const Ended ended = lorahub(words);
    EXPECT_EQ(ended.code, 2) << words << ended.out << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(" takes about ")) << words;
    EXPECT_THAT(ended.err, HasSubstr("--no-memory-check")) << words;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "trained"));
}

TEST_F(LongRows, OfATrainingAreCutAndSaid) {
  rows(3, 50);
  std::ofstream(folder_ / "train.yaml")
      << "train: lora\nmodel: " << kModelFolder << "\ndata: task.jsonl\nout: " << folder_.string()
      << "/trained\nsteps: 1\nsource_length: 40\n";
  const Ended ended = lorahub("train " + quoted(folder_ / "train.yaml") + " --quiet");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("of 1 of 8 rows of"));
}

}  // namespace
}  // namespace lorahub
