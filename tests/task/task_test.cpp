#include "task/task.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "base/check.hpp"
#include "study/trial.hpp"

namespace lorahub::task {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

study::Trial bbh(const std::string& task, uint64_t seed) {
  const std::string folder = SOURCE_DIR "/configs/tasks/lorahub_bbh/" + task;
  study::Trial trial;
  trial.task = task;
  trial.task_files = {.pool = folder + "/example.jsonl", .test = folder + "/zero_shot.jsonl"};
  trial.seed.shots = seed;
  return trial;
}

std::string error(const study::Trial& trial) {
  try {
    load(trial);
  } catch (const base::Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Load, DrawsTheOfficialShots) {
  const Task task = load(bbh("boolean_expressions", 42));
  EXPECT_EQ(task.name, "boolean_expressions");
  EXPECT_THAT(task.shot_rows, ElementsAre(42, 41, 91, 9, 65));
  const auto pool = read_examples(bbh("boolean_expressions", 42).task_files.pool);
  ASSERT_EQ(task.shots.size(), 5u);
  EXPECT_EQ(task.shots[0], pool[42]);
  EXPECT_EQ(task.shots[4], pool[65]);
  EXPECT_EQ(task.test.size(), 150u);
  EXPECT_THAT(task.dropped_rows, IsEmpty());
}

TEST(Load, OptionsAreScoredWhereTheyAreTheAnswers) {
  const auto scoring = [](study::Trial trial, study::Scoring wish) {
    trial.scoring = wish;
    return load(trial).scoring;
  };
  const auto mini = [](const std::string& task) {
    const std::string folder = SOURCE_DIR "/configs/tasks/mini/unseen/" + task;
    study::Trial trial;
    trial.task_files = {.pool = folder + "/pool.jsonl", .test = folder + "/test.jsonl"};
    return trial;
  };
  using enum study::Scoring;
  EXPECT_EQ(scoring(bbh("date_understanding", 1), options), options);
  EXPECT_EQ(scoring(bbh("movie_recommendation", 1), options), options);  // "Monsters, Inc" is cut
  EXPECT_EQ(scoring(bbh("navigate", 1), options), options);
  EXPECT_EQ(scoring(bbh("date_understanding", 1), generate), generate);
  EXPECT_EQ(scoring(bbh("word_sorting", 1), options), generate);  // lists none
  EXPECT_EQ(scoring(mini("E1_isa_letter"), options), options);
  EXPECT_EQ(scoring(mini("E5_opp_index"), options), generate);    // "3" of (A) to (D)
  EXPECT_EQ(scoring(mini("E12_first_both"), options), generate);  // "axe (C)"
}

TEST(Load, ShuffledLabelsAreThoseOfTheNextShot) {
  study::Trial trial = bbh("object_counting", 2);
  const Task given = load(trial);
  trial.labels = study::Labels::shuffled;
  const Task shuffled = load(trial);
  ASSERT_EQ(shuffled.shots.size(), 5U);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(shuffled.shots[i].input, given.shots[i].input);
    EXPECT_EQ(shuffled.shots[i].target, given.shots[(i + 1) % 5].target);
  }
  EXPECT_EQ(shuffled.test, given.test);
  EXPECT_NE(shuffled.shots_sha256, given.shots_sha256);
  trial.shots.count = 1;
  EXPECT_THAT(error(trial), HasSubstr("take 2 shots or more"));
}

TEST(Load, MoreShotsBeginWithTheFewer) {
  study::Trial trial = bbh("navigate", 3);
  const auto five = load(trial).shot_rows;
  trial.shots.count = 20;
  auto twenty = load(trial).shot_rows;
  twenty.resize(5);
  EXPECT_EQ(twenty, five);
}

TEST(Load, NamedShotsAreThoseRowsInThatOrder) {
  study::Trial trial = bbh("navigate", 1);
  trial.shots.rows = {7, 3};
  const Task task = load(trial);
  EXPECT_THAT(task.shot_rows, ElementsAre(7, 3));
  EXPECT_EQ(task.shots[1], read_examples(trial.task_files.pool)[3]);
}

// Row 86 of the pool of causal_judgement is row 32 of the test file too (with another answer).
TEST(Load, DropsATestRowThatADrawnShotEquals) {
  const study::Trial trial = bbh("causal_judgement", 4);
  const Task task = load(trial);
  EXPECT_THAT(task.shot_rows, ElementsAre(73, 86, 82, 23, 1));
  EXPECT_THAT(task.dropped_rows, ElementsAre(32));
  EXPECT_EQ(task.test.size(), 86u);
  EXPECT_EQ(task.test_rows.size(), 86u);
  EXPECT_THAT(task.test_rows, testing::Not(testing::Contains(32)));
  const auto pool = read_examples(trial.task_files.pool),
             test = read_examples(trial.task_files.test);
  EXPECT_EQ(test[32].input, pool[86].input);
  for (const Example& row : task.test)
    for (const Example& shot : task.shots) EXPECT_NE(row.input, shot.input);
}

TEST(Load, RefusesANamedShotThatIsATestRow) {
  study::Trial trial = bbh("sports_understanding", 1);
  trial.shots.rows = {1, 34};
  EXPECT_THAT(error(trial), AllOf(HasSubstr("example.jsonl row 34"), HasSubstr("also row "),
                                  HasSubstr("zero_shot.jsonl")));
}

TEST(Load, RefusesRowsThatAreNotThere) {
  study::Trial trial = bbh("navigate", 1);
  trial.shots.rows = {100};
  EXPECT_THAT(error(trial), AllOf(HasSubstr("no row 100"), HasSubstr("0 to 99")));
  trial.shots.rows = {-1};
  EXPECT_THAT(error(trial), HasSubstr("no row -1"));
  trial.shots.rows = {4, 5, 4};
  EXPECT_THAT(error(trial), HasSubstr("row 4 is named twice"));
}

TEST(Load, RefusesTooFewRows) {
  study::Trial trial = bbh("navigate", 1);
  trial.shots.count = 101;
  EXPECT_THAT(error(trial),
              AllOf(HasSubstr("example.jsonl"), HasSubstr("100 rows"), HasSubstr("101 shots")));
}

TEST(Load, HashesFollowTextAndOrder) {
  study::Trial trial = bbh("navigate", 1);
  trial.shots.rows = {1, 2};
  const Task a = load(trial);
  trial.shots.rows = {2, 1};
  const Task b = load(trial);
  EXPECT_EQ(a.shots_sha256.size(), 64u);
  EXPECT_NE(a.shots_sha256, b.shots_sha256);
  EXPECT_EQ(a.test_sha256, b.test_sha256);
  EXPECT_NE(a.test_sha256, load(bbh("web_of_lies", 1)).test_sha256);
}

class OneFile : public testing::Test {
 protected:
  void SetUp() override {
    trial_.task_files.pool = testing::TempDir() + "one_file_" + std::to_string(getpid()) + ".jsonl";
    trial_.task_files.test = trial_.task_files.pool;
    std::ofstream out(trial_.task_files.pool);
    for (const char* input : {"a", "b", " a\\n", "c", "d", "e"})  // row 2 equals row 0
      out << "{\"input\":\"" << input << "\",\"target\":\"t\"}\n";
  }
  void TearDown() override { std::filesystem::remove(trial_.task_files.pool); }
  study::Trial trial_;
};

TEST_F(OneFile, NamedShotsAndTheirEqualsLeaveTheTestRows) {
  trial_.shots.rows = {2, 4};
  const Task task = load(trial_);
  EXPECT_THAT(task.test_rows, ElementsAre(1, 3, 5));
  EXPECT_THAT(task.dropped_rows, ElementsAre(0, 2, 4));
  EXPECT_EQ(task.test[2].input, "e");
}

TEST_F(OneFile, DrawnShotsLeaveTheTestRows) {
  trial_.shots.count = 3;
  const Task task = load(trial_);
  for (const int row : task.shot_rows)
    EXPECT_THAT(task.test_rows, testing::Not(testing::Contains(row)));
  EXPECT_EQ(task.test_rows.size() + task.dropped_rows.size(), 6u);
}

TEST_F(OneFile, IsSeenThroughALink) {
  trial_.task_files.test += ".link";
  std::filesystem::create_symlink(trial_.task_files.pool, trial_.task_files.test);
  trial_.shots.rows = {1};
  const Task task = load(trial_);
  std::filesystem::remove(trial_.task_files.test);
  EXPECT_THAT(task.dropped_rows, ElementsAre(1));
}

}  // namespace
}  // namespace lorahub::task
