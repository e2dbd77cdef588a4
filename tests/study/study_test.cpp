#include "study/study.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "study/checkout.hpp"

namespace lorahub::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(StudyTest, ReadsQuestionNameAndPieces) {
  const auto study = read(head_ + "set: {task: t1}\n");
  EXPECT_EQ(study.name, "s");
  EXPECT_EQ(study.question, "q?");
  EXPECT_EQ(study.yaml, head_ + "set: {task: t1}\n");
  ASSERT_EQ(study.trials.size(), 1U);
  const auto& t = study.trials[0];
  const auto configs = folder_.path() / "configs";
  EXPECT_EQ(t.model, "tiny");
  EXPECT_EQ(t.model_path, configs / "model/tiny");
  EXPECT_EQ(t.library, "lib");
  EXPECT_EQ(t.library_path, configs / "library/lib/r16");
  EXPECT_EQ(t.rank, 16);
  EXPECT_EQ(t.task, "t1");
  EXPECT_EQ(t.task_files.pool, configs / "tasks/set/two/t1/pool.jsonl");
  EXPECT_EQ(t.task_files.test, configs / "tasks/set/two/t1/test.jsonl");
  EXPECT_EQ(t.max_tokens, 16);
  EXPECT_EQ(t.search.budget, 400);
  EXPECT_EQ(t.search.population, 10);
}

// As on a command line; what the piece sets holds below what the study says.
TEST_F(StudyTest, ATaskOfAPieceNeedsNoUses) {
  const std::string text = "uses: {model: tiny, library: lib, search: wide}\n";
  const Trial named = read(head_ + "set: {task: t1}\n").trials[0];
  EXPECT_EQ(read(text + "set: {task: set/two/t1}\n").trials[0], named);
  EXPECT_EQ(read(text + "set: {}\n", {{"task", "set/two/t1"}}).trials[0], named);
  EXPECT_EQ(read(text + "set: {task: set/two/t1, max_tokens: 5}\n").trials[0].max_tokens, 5);
  const Study both = read(text + "vary: {task: [own.jsonl, set/two/t2], seed: [1, 2]}\n");
  ASSERT_EQ(both.trials.size(), 4U);
  EXPECT_EQ(both.trials[0].task, "own");
  EXPECT_EQ(both.trials[0].max_tokens, 256);
  EXPECT_EQ(both.trials[2].task, "t2");
  EXPECT_EQ(both.trials[2].max_tokens, 16);
  EXPECT_EQ(refusal(text + "set: {task: set/two/t3}\n"),
            "s.yaml:2: no task 't3' in the piece set/two (it has: t1, t2), did you mean 't1'?");
  EXPECT_THAT(refusal(text + "set: {task: set/tow/t1}\n"), HasSubstr("s.yaml:2: no file '"));
}

TEST_F(StudyTest, NeedsNoQuestion) {
  const std::string uses = head_.substr(head_.find("uses:"));
  const auto study = read(uses + "set: {task: t1}\nvary: {search.sigma0: [auto, 0.3]}\n");
  EXPECT_EQ(study.question, "");
  ASSERT_EQ(study.trials.size(), 2u);
  EXPECT_EQ(study.trials[0].search.sigma0, 0);
  EXPECT_EQ(label(study.trials[0]), "t1 lorahub search.sigma0=0 seed 1");
  EXPECT_EQ(label(study.trials[1]), "t1 lorahub search.sigma0=0.3 seed 1");
  EXPECT_EQ(id(study.trials[0]), id(read(head_ + "set: {task: t1}\n").trials[0]));
}

TEST_F(StudyTest, SetWinsOverPieces) {
  const auto t = read(head_ + "set: {task: t1, max_tokens: 5, search.budget: 7}\n").trials[0];
  EXPECT_EQ(t.max_tokens, 5);
  EXPECT_EQ(t.search.budget, 7);
  EXPECT_EQ(t.search.population, 10);
}

const std::string kNoSearch = "question: q?\nuses: {model: tiny, library: lib, tasks: set/two}\n";

// Compared with the piece as another study names it.
TEST_F(StudyTest, AStudyThatSaysNothingOfItsSearchUsesTheRecommendedOne) {
  const std::string named =
      "question: q?\nuses: {model: tiny, library: lib, tasks: set/two, search: recommended}\n";
  const Trial usual = read(kNoSearch + "set: {task: t1}\n").trials[0];
  EXPECT_EQ(columns(usual), columns(read(named + "set: {task: t1}\n").trials[0]));
  EXPECT_EQ(usual.search.runs, 4);
  EXPECT_EQ(usual.modules, (ModulesDraw{.count = 0, .names = {}}));
  const Trial own =
      read(kNoSearch + "set: {task: t1, modules: 7}\n", {{"search.budget", "80"}}).trials[0];
  EXPECT_EQ(own.modules.count, 7);
  EXPECT_EQ(own.search.budget, 80);
  EXPECT_EQ(own.search.runs, 4);
}

TEST_F(StudyTest, AKnobOfASearchInTheStudyBeginsAtTheDefaultsOfTheKnobs) {
  for (const std::string where :
       {"set: {task: t1, search.budget: 9}\n", "set: {task: t1}\nvary: {search: {budget: [9]}}\n",
        "set: {task: t1}\nzip: {search.budget: [9]}\n"}) {
    const Trial trial = read(kNoSearch + where).trials[0];
    Search expected;
    expected.budget = 9;
    EXPECT_EQ(trial.search, expected) << where;
    EXPECT_EQ(trial.composition, Composition::factor) << where;
  }
}

TEST_F(StudyTest, ASearchMayBeAFileOfItsOwn) {
  folder_.write("experiments/mine.yaml", "search.budget: 33\nmodules: 3\n");
  const std::string uses =
      "question: q?\nuses: {model: tiny, library: lib, tasks: set/two, search: ";
  EXPECT_EQ(read(uses + "mine.yaml}\nset: {task: t1}\n").trials[0].search.budget, 33);
  EXPECT_THAT(refusal(uses + "other.yaml}\nset: {task: t1}\n"),
              HasSubstr("no file or folder 'other.yaml'"));
}

TEST_F(StudyTest, LastKeyOfVaryIsFastest) {
  const auto study = read(head_ + "vary: {task: all, modules: [5, 10], seed: [1, 2]}\n");
  EXPECT_THAT(over(study, "task"), ElementsAre("t1", "t1", "t1", "t1", "t2", "t2", "t2", "t2"));
  EXPECT_THAT(over(study, "modules"), ElementsAre("5", "5", "10", "10", "5", "5", "10", "10"));
  EXPECT_THAT(over(study, "seed.search"), ElementsAre("1", "2", "1", "2", "1", "2", "1", "2"));
}

TEST_F(StudyTest, EqualTrialsRunOnce) {
  const auto study =
      read(head_ +
           "set: {task: t1}\nvary: {method: [zero_shot, icl, lorahub], modules: [5, 10], "
           "seed: [1, 2, 3]}\n");
  EXPECT_THAT(over(study, "method"),
              ElementsAre("zero_shot", "icl", "icl", "icl", "lorahub", "lorahub", "lorahub",
                          "lorahub", "lorahub", "lorahub"));
  std::set<std::string> ids;
  for (const auto& trial : study.trials) ids.insert(id(trial));
  EXPECT_EQ(ids.size(), study.trials.size());
}

TEST_F(StudyTest, MoreValuesKeepTheOldIds) {
  const auto before = read(head_ + "set: {task: t1}\nvary: {seed: [1, 2]}\n").trials;
  const auto after = read(head_ + "vary: {task: [t2, t1], seed: [0, 2, 1]}\n").trials;
  std::set<std::string> ids;
  for (const auto& trial : after) ids.insert(id(trial));
  EXPECT_EQ(ids.size(), 6U);
  for (const auto& trial : before) EXPECT_TRUE(ids.contains(id(trial)));
}

TEST_F(StudyTest, AMethodWithoutShotsDrawsNone) {
  const auto study = read(head_ + "set: {task: t1, shots: 5}\nvary: {method: [zero_shot, icl]}\n");
  EXPECT_EQ(study.trials[0].shots.count, 0);
  EXPECT_EQ(study.trials[1].shots.count, 5);
}

TEST_F(StudyTest, ZipMovesTogetherBeforeVary) {
  const auto study = read(head_ +
                          "vary: {rank: [4, 16]}\n"
                          "zip: {task: [t2, t1], shots: [[4, 2], [1]], seed.search: [8, 9]}\n");
  EXPECT_THAT(over(study, "task"), ElementsAre("t2", "t2", "t1", "t1"));
  EXPECT_THAT(over(study, "shots"), ElementsAre("[4,2]", "[4,2]", "[1]", "[1]"));
  EXPECT_THAT(over(study, "seed.search"), ElementsAre("8", "8", "9", "9"));
  EXPECT_THAT(over(study, "rank"), ElementsAre("4", "16", "4", "16"));
}

TEST_F(StudyTest, RankPicksItsFolderOrCutsTheLargest) {
  const auto trials = read(head_ + "set: {task: t1}\nvary: {rank: [4, 16, 2]}\n").trials;
  const auto library = folder_.path() / "configs/library/lib";
  EXPECT_EQ(trials[0].library_path, library / "r4");
  EXPECT_EQ(trials[1].library_path, library / "r16");
  EXPECT_EQ(trials[2].library_path, library / "r16");
  EXPECT_EQ(trials[2].rank, 2);
  EXPECT_EQ(id(trials[1]), id(read(head_ + "set: {task: t1}\n").trials[0]));
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nvary:\n  rank: [4, 32]\n"),
            "s.yaml:5: rank 32 is more than the library lib has (16 at most), take a smaller one");
}

TEST_F(StudyTest, NamedDrawsVaryAsListsOfLists) {
  const auto study = read(head_ + "set: {task: t1}\nvary: {modules: [[a, b], [c], 3, all]}\n");
  EXPECT_THAT(over(study, "modules"), ElementsAre("[a,b]", "[c]", "3", "all"));
}

TEST_F(StudyTest, TasksAreNamesAListOrFiles) {
  EXPECT_THAT(over(read(head_ + "set: {task: all}\n"), "task"), ElementsAre("t1", "t2"));
  EXPECT_THAT(over(read(head_ + "set: {task: [t2]}\n"), "task"), ElementsAre("t2"));
  const auto file = folder_.path() / "experiments/own.jsonl";
  for (const auto& name : {std::string("own.jsonl"), file.string()}) {
    const auto study = read("question: q\nset: {model: m, method: icl, task: [" + name + "]}\n");
    EXPECT_EQ(study.trials[0].task, "own");
    EXPECT_EQ(study.trials[0].task_files.pool, file);
    EXPECT_EQ(study.trials[0].task_files.test, file);
  }
  EXPECT_THAT(over(read(head_ + "vary: {task: [own.jsonl, all]}\n"), "task"),
              ElementsAre("own", "t1", "t2"));
}

TEST_F(StudyTest, SetTasksComeBeforeTheOtherAxes) {
  EXPECT_THAT(over(read(head_ + "set: {task: all}\nvary: {seed: [1, 2]}\n"), "task"),
              ElementsAre("t1", "t1", "t2", "t2"));
}

TEST_F(StudyTest, ModelsArePiecesFoldersOrPublishedNames) {
  folder_.write("experiments/here/config.json", "{}");
  const auto trials = read(
                          "question: q\nset: {method: zero_shot, task: own.jsonl}\n"
                          "vary: {model: [tiny, flan, here, google/flan-t5-xl, ./none, /none]}\n")
                          .trials;
  const auto root = folder_.path();
  ASSERT_EQ(trials.size(), 6U);
  EXPECT_EQ(trials[0].model_path, root / "configs/model/tiny");
  EXPECT_EQ(trials[1].model_path, "google/flan-t5-large");
  EXPECT_EQ(trials[1].model, "flan");
  EXPECT_EQ(trials[2].model_path, root / "experiments/here");
  EXPECT_EQ(trials[3].model_path, "google/flan-t5-xl");
  EXPECT_EQ(trials[4].model_path, root / "experiments/none");
  EXPECT_EQ(trials[5].model_path, "/none");
}

TEST_F(StudyTest, APathInSetReplacesThePieceAndItsRank) {
  folder_.write("experiments/mine/a", "");
  const auto t = read(head_ + "set: {task: t1, library: mine}\n").trials[0];
  EXPECT_EQ(t.library_path, folder_.path() / "experiments/mine");
  EXPECT_EQ(t.rank, 0);
  EXPECT_EQ(read(head_ + "set: {task: t1, library: flat}\n").trials[0].library_path,
            folder_.path() / "configs/library/names.txt");
}

TEST_F(StudyTest, PiecesAreAlsoFoundByTheEnvironment) {
  const Folder elsewhere;
  const auto file = elsewhere.write("s.yaml", head_ + "set: {task: t1}\n");
  EXPECT_THAT(error_of([&] { load(file); }),
              HasSubstr("s.yaml:2: no piece configs/model/tiny.yaml ("));
  setenv("LORAHUB_CONFIGS", (folder_.path() / "configs").c_str(), 1);
  EXPECT_EQ(load(file).trials.at(0).model_path, folder_.path() / "configs/model/tiny");
  unsetenv("LORAHUB_CONFIGS");
}

TEST_F(StudyTest, SetOfTheCommandLineReplaces) {
  const auto yaml = head_ + "set: {task: t1, shots: 5}\nvary: {seed: [1, 2, 3]}\n";
  EXPECT_THAT(over(read(yaml, {{"seed", "[7, 8]"}}), "seed.search"), ElementsAre("7", "8"));
  EXPECT_THAT(over(read(yaml, {{"seed", "9"}}), "seed.search"), ElementsAre("9"));
  EXPECT_THAT(over(read(yaml, {{"shots", "3"}, {"seed", "1"}}), "shots"), ElementsAre("3"));
  EXPECT_THAT(over(read(yaml, {{"batch", "3"}, {"seed", "1"}}), "batch"), ElementsAre("3"));
  EXPECT_THAT(over(read(yaml, {{"task", "all"}, {"seed", "1"}}), "task"), ElementsAre("t1", "t2"));
  EXPECT_THAT(refusal(yaml, {{"shot", "3"}}), StartsWith("--set shot: unknown knob 'shot' ("));
  EXPECT_EQ(refusal(yaml, {{"shots", "-3"}}),
            "--set shots: -3 is too small, it must be at least 0");
  EXPECT_EQ(refusal(yaml, {{"seed", "[]"}}),
            "--set seed: the list of 'seed' is empty (no trial would run), name at least one "
            "value");
  EXPECT_THAT(refusal(yaml, {{"shots", "[1"}}), StartsWith("--set shots: not valid YAML ("));
  EXPECT_EQ(refusal(head_ + "zip: {task: [t1], seed: [1]}\n", {{"seed", "2"}}),
            "--set seed: 'seed' moves together with others under zip, change the study instead");
}

// Varied values replace those of a piece trial by trial; none may write into the other.
TEST_F(StudyTest, VaryOverAPieceLeavesItAsItIs) {
  const auto study = read(head_ +
                          "set: {task: t1}\nvary: {search.budget: [5, 6], method: [lorahub, "
                          "random_lora]}\n");
  EXPECT_THAT(over(study, "search.budget"), ElementsAre("5", "5", "6", "6"));
  EXPECT_THAT(over(study, "search.population"), ElementsAre("10", "10", "10", "10"));
  EXPECT_THAT(over(study, "method"),
              ElementsAre("lorahub", "random_lora", "lorahub", "random_lora"));
}

}  // namespace
}  // namespace lorahub::study
