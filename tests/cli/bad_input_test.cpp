// Bad input: one sentence on stderr, exit code 2, nothing changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kModelAndLibrary =
    " --model " + kConfigs + "/model/mini --library " + kConfigs + "/library/mini/r16";
const std::string kPool = kConfigs + "/tasks/mini/unseen/E1_isa_letter/pool.jsonl";

// One sentence (no stack trace, no second line), exit code 2.
void expect_sentence(const Ended& ended, const testing::Matcher<std::string>& message) {
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_THAT(ended.err, message);
}

void expect_refused(const Ended& ended, const testing::Matcher<std::string>& message) {
  expect_sentence(ended, message);
  EXPECT_EQ(ended.out, "");
}

// Where JSON was asked for, standard output has the same sentence as JSON, and nothing else.
void expect_refused_in_json(const Ended& ended, const testing::Matcher<std::string>& message) {
  expect_sentence(ended, message);
  const nlohmann::json told = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_TRUE(told.is_object()) << ended.out;
  EXPECT_EQ(told["exit_code"], 2);
  EXPECT_EQ("lorahub: " + told["error"].get<std::string>() + "\n", ended.err);
}

// A study in a fresh folder; results must not appear.
class BadStudy : public testing::Test {
 protected:
  void expect(const std::string& yaml, const testing::Matcher<std::string>& message,
              const std::string& more = "") {
    std::ofstream(folder_ / "bad.yaml") << yaml;
    expect_refused(lorahub("run " + quoted(folder_ / "bad.yaml") + " --quiet --out " +
                           quoted(folder_ / "out") + more),
                   message);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }
  std::filesystem::path folder_ = fresh_folder("bad_study");
};

const std::string kUses =
    "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen, search: cma}\n";

TEST_F(BadStudy, UnknownKeyShowsTheNearest) {
  expect(kUses + "set: {modles: 5}\nvary: {task: all}\n",
         AllOf(HasSubstr("bad.yaml:3"), HasSubstr("modules")));
}
TEST_F(BadStudy, WrongType) {
  expect(kUses + "set: {shots: many}\nvary: {task: all}\n",
         AllOf(HasSubstr("bad.yaml:3"), HasSubstr("shots")));
}
TEST_F(BadStudy, EmptyList) {
  expect(kUses + "vary: {task: all, seed: []}\n",
         AllOf(HasSubstr("bad.yaml:3"), HasSubstr("seed")));
}
TEST_F(BadStudy, ModelFolderMissing) {
  expect(kUses + "set: {model: /nowhere/t5, task: E1_isa_letter, method: zero_shot}\n",
         HasSubstr("/nowhere/t5"));
}
TEST_F(BadStudy, ModelFolderHalfThere) {
  std::filesystem::create_directory(folder_ / "half");
  std::filesystem::copy_file(kConfigs + "/model/mini/config.json", folder_ / "half/config.json");
  expect(
      "question: q\nuses: {library: mini, tasks: mini/unseen}\nset: {model: half, task: "
      "E1_isa_letter, method: zero_shot}\n",
      AllOf(HasSubstr("half"), HasSubstr("model.safetensors")));
}
TEST_F(BadStudy, TooFewRowsForTheShots) {
  expect(kUses + "set: {shots: 101, task: E1_isa_letter}\n",
         AllOf(HasSubstr("101"), HasSubstr("100")));
}
TEST_F(BadStudy, NamedShotEqualToATestRow) {
  expect(
      "question: q\nuses: {model: mini, library: mini, tasks: lorahub_bbh}\n"
      "set: {task: causal_judgement, method: icl, shots: [86]}\n",  // equal to row 32 of the test
                                                                    // file
      AllOf(HasSubstr("86"), HasSubstr("32")));
}
TEST_F(BadStudy, MalformedTaskRow) {
  std::ofstream(folder_ / "rows.jsonl")
      << "{\"context\": \"a\", \"completion\": \"b\"}\n{\"context\": \"a\"}\n";
  expect("question: q\nuses: {model: mini, library: mini}\nset: {task: [rows.jsonl], shots: 1}\n",
         HasSubstr("rows.jsonl:2"));
}
TEST_F(BadStudy, ModuleListedTwice) {
  expect(kUses + "set: {task: E1_isa_letter, modules: [find_letter, max_letter, find_letter]}\n",
         HasSubstr("find_letter"));
}
TEST_F(BadStudy, UnknownModuleShowsTheNearest) {
  expect(kUses + "set: {task: E1_isa_letter, modules: [find_leter]}\n", HasSubstr("find_letter"));
}
TEST_F(BadStudy, MoreModulesThanThereAre) {
  expect(kUses + "set: {task: E1_isa_letter, modules: 41}\n",
         AllOf(HasSubstr("41"), HasSubstr("40")));
}
TEST_F(BadStudy, AStartOutsideTheBound) {
  expect(kUses + "set: {task: E1_isa_letter, method: gradient, train.start: 2}\n",
         HasSubstr("train.start is 2"));
}
TEST_F(BadStudy, AnEmptyShard) {
  expect(kUses + "set: {task: E1_isa_letter, method: zero_shot}\n", HasSubstr("9/9"),
         " --shard 9/9");
}
TEST_F(BadStudy, WordsBehindAShard) {
  expect(kUses + "set: {task: E1_isa_letter, method: zero_shot}\n", HasSubstr("1/2x"),
         " --shard 1/2x");
}
TEST_F(BadStudy, NumbersOfAShardThatNoFileNameHolds) {
  for (const char* shard : {"1/1000000", "1/99999999999999999999999", "1/-1", "+1/2", "1/", "/2"})
    expect(kUses + "set: {task: E1_isa_letter, method: zero_shot}\n",
           HasSubstr("expected I/N with 1 <= I <= N <= 999999"), " --shard " + std::string(shard));
}
TEST_F(BadStudy, TimeoutsThatAreNoNumbers) {
  for (const char* option : {"--stall-timeout", "--hang-timeout"})
    for (const char* seconds : {"nan", "inf", "0", "-1"})
      expect(kUses + "set: {task: E1_isa_letter, method: zero_shot}\n",
             AllOf(HasSubstr(option), HasSubstr("no number of seconds from 1 to ")),
             " " + std::string(option) + " " + seconds);
}
TEST_F(BadStudy, NothingLeftToAnswer) {
  std::ofstream(folder_ / "rows.jsonl") << "{\"context\": \"a\", \"completion\": \"b\"}\n";
  expect("question: q\nuses: {model: mini, library: mini}\nset: {task: [rows.jsonl], shots: 1}\n",
         HasSubstr("nothing is left"));
}
TEST_F(BadStudy, AnOptimiserThatCannotBeMade) {
  expect(kUses + "set: {task: E1_isa_letter, search.population: 1}\n", HasSubstr("population"));
  expect(kUses + "set: {task: E1_isa_letter, search.mean0: 5}\n", HasSubstr("mean0"));
}
TEST_F(BadStudy, NoGpu) {
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
  expect(kUses + "set: {task: E1_isa_letter}\n", HasSubstr("cuda"), " --device cuda");
}
TEST_F(BadStudy, TooManyThreadsForAGpu) {
  expect(kUses + "set: {task: E1_isa_letter}\n", HasSubstr("at most 16 share a GPU"),
         " --device cuda --threads 17");
}
TEST_F(BadStudy, ResultsFolderNotWritable) {
  std::ofstream(folder_ / "bad.yaml")
      << kUses << "set: {task: E1_isa_letter, method: zero_shot, max_tokens: 2}\n";
  expect_refused(lorahub("run " + quoted(folder_ / "bad.yaml") + " --quiet --out /proc/results"),
                 HasSubstr("/proc/results"));
  // A folder that is there already: nobody makes files in it.
  expect_refused(lorahub("run " + quoted(folder_ / "bad.yaml") + " --quiet --out /sys/kernel"),
                 HasSubstr("cannot write /sys/kernel/kernel.h5: "));
}
TEST_F(BadStudy, FileMissing) {
  expect_refused(lorahub("run /nowhere/x.yaml"), HasSubstr("/nowhere/x.yaml"));
}
TEST_F(BadStudy, OneRankWithoutItsModel) {
  std::filesystem::copy(kConfigs + "/model/mini", folder_ / "model");
  std::ofstream(folder_ / "bad.yaml") << "question: q\nuses: {library: mini, tasks: "
                                         "mini/unseen}\nset: {model: model, task: E1_isa_letter}\n";
  // The second rank sees another folder in the model's place: a private mount would do it, a
  // relative path does it here.
  const std::string program = std::string(PROGRAM) + " run bad.yaml --quiet --out out";
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::copy_file(folder_ / "bad.yaml", folder_ / "elsewhere/bad.yaml");
  const Ended ended = run_command("cd " + quoted(folder_) + "; LORAHUB_CONFIGS='" + kConfigs +
                                  "' timeout 60 mpirun -np 1 " + program + " : -np 1 -wdir " +
                                  quoted(folder_ / "elsewhere") + " " + program);
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.code, 124) << "hangs";
  EXPECT_THAT(ended.err, HasSubstr("rank 1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}
TEST_F(BadStudy, MoreRanksThanCandidatesWorks) {
  std::ofstream(folder_ / "good.yaml") << kUses
                                       << "set: {task: E1_isa_letter, modules: 3, search.budget: "
                                          "3, search.population: 2, max_tokens: 2}\n";
  const Ended ended =
      run_command("LORAHUB_CONFIGS='" + kConfigs + "' mpirun -np 4 " + PROGRAM + " run " +
                  quoted(folder_ / "good.yaml") + " --quiet --out " + quoted(folder_ / "out"));
  EXPECT_EQ(ended.code, 0) << ended.err;
}

class BadWeights : public testing::Test {
 protected:
  Ended score(const std::string& weights,
              const std::string& more = " --modules find_letter,max_letter") {
    std::ofstream(folder_ / "w.json") << weights;
    return lorahub("score" + kModelAndLibrary + more + " --task " + kPool +
                   " --rows 0:2 --json --weights " + quoted(folder_ / "w.json"));
  }
  std::filesystem::path folder_ = fresh_folder("bad_weights");
};

TEST_F(BadWeights, WrongLength) {
  expect_refused_in_json(score("[[1, 0, 0]]"), AllOf(HasSubstr("3"), HasSubstr("2")));
}
TEST_F(BadWeights, NotANumber) { expect_refused_in_json(score("[[1, NaN]]"), HasSubstr("w.json")); }
TEST_F(BadWeights, BeyondFloats) {
  expect_refused_in_json(score("[[1, 1e200]]"), HasSubstr("max_letter"));
}
TEST_F(BadWeights, Null) {
  expect_refused_in_json(score("[[1, null]]"), HasSubstr("weight 1 of vector 0"));
}
TEST_F(BadWeights, Empty) { expect_refused_in_json(score("[]"), HasSubstr("w.json")); }
TEST_F(BadWeights, GoodOnesGiveTheJsonOfTheInterface) {
  const Ended ended = score("[[1, 0], [0.5, -0.5]]");
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* key : {"\"modules\":[\"find_letter\",\"max_letter\"]", "\"tokens\":[",
                          "\"loss_sum\":[[", "\"objective\":["})
    EXPECT_THAT(ended.out, HasSubstr(key));
}
TEST_F(BadWeights, RowsOutsideTheFile) {
  std::ofstream(folder_ / "w.json") << "[[1, 0]]";
  expect_refused(lorahub("score" + kModelAndLibrary + " --modules find_letter,max_letter --task " +
                         kPool + " --rows 90:200 --weights " + quoted(folder_ / "w.json")),
                 HasSubstr("90:200"));
}

// A module of the library, changed by a test.
class BadModule : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy(kConfigs + "/library/mini/r16/find_letter", folder_ / "find_letter");
    std::ofstream(folder_ / "w.json") << "[[1]]";
  }
  Ended score() {
    return lorahub("score --model " + kConfigs + "/model/mini --library " + quoted(folder_) +
                   " --task " + kPool + " --rows 0:2 --weights " + quoted(folder_ / "w.json"));
  }
  std::filesystem::path folder_ = fresh_folder("bad_module");
};

TEST_F(BadModule, TheUnchangedOneWorks) { EXPECT_EQ(score().code, 0); }
TEST_F(BadModule, Truncated) {
  const auto file = folder_ / "find_letter/adapter_model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  expect_refused(score(), HasSubstr("adapter_model.safetensors"));
}
TEST_F(BadModule, OfAnotherRankThanItSays) {
  const auto file = folder_ / "find_letter/adapter_config.json";
  std::string text = read_all(file);
  text.replace(text.find("\"r\": 16"), 7, "\"r\": 8");
  std::ofstream(file) << text;
  expect_refused(score(), AllOf(HasSubstr("find_letter"), HasSubstr("lora_A"), HasSubstr("16"),
                                HasSubstr("8")));
}
TEST_F(BadModule, WithANaN) {
  const auto file = folder_ / "find_letter/adapter_model.safetensors";
  std::string bytes = read_all(file);
  bytes[bytes.size() - 2] = '\xff';  // the last f16 value becomes a NaN
  bytes[bytes.size() - 1] = '\x7f';
  std::ofstream(file, std::ios::binary) << bytes;
  expect_refused(score(), AllOf(HasSubstr("find_letter"), HasSubstr("NaN")));
}
TEST_F(BadModule, ForAnotherBase) {
  std::filesystem::copy(kConfigs + "/model/mini", folder_ / "base");
  const auto file = folder_ / "base/config.json";
  std::string text = read_all(file);
  text.replace(text.find("\"d_model\": 128"), 14, "\"d_model\": 64");
  std::ofstream(file) << text;
  expect_refused(lorahub("compose --model " + quoted(folder_ / "base") + " --library " +
                         quoted(folder_) + " --modules find_letter --weights " +
                         quoted(folder_ / "w.json") + " --out " + quoted(folder_ / "out")),
                 AllOf(HasSubstr("find_letter"), HasSubstr("128"), HasSubstr("64")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST(Usage, UnknownCommandAndOption) {
  EXPECT_EQ(lorahub("frobnicate").code, 2);
  EXPECT_EQ(lorahub("run --frobnicate x").code, 2);
  EXPECT_EQ(lorahub("").code, 2);
}
TEST(Usage, HelpHasAnExampleForEachCommand) {
  for (const char* command : {"run", "plan", "report", "export", "knobs", "status", "check",
                              "score", "infer", "adapt", "compose", "hub", "probe"}) {
    const Ended ended = lorahub(std::string(command) + " --help");
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, testing::ContainsRegex("Example: .*lorahub " + std::string(command)));
  }
  EXPECT_THAT(lorahub("--version").out, HasSubstr("lorahub 0.2.0"));
}

}  // namespace
}  // namespace lorahub
