#include "objective/answer_errors.hpp"

#include <gmock/gmock.h>

#include "lab.hpp"
#include "study/trial.hpp"
#include "task/score.hpp"

namespace lorahub::objective {
namespace {

using study::Composition, study::Engine, study::LossKind;

constexpr int kShots = 7, kCandidates = 9;

// Candidates of which some answer right: the module for this task, weakened and spoilt.
struct Setting {
  explicit Setting(study::Precision precision = study::Precision::f32)
      : loaded(lab_model(precision)), pool(four(loaded)) {
    base::Stream stream(1, "candidates");
    for (int p = 0; p < kCandidates; ++p)
      some.add(std::vector{1.3 * stream.uniform(), 0.3 * stream.uniform(), 0.3 * stream.uniform(),
                           0.3 * stream.uniform()});
  }
  static lora::Pool four(const LoadedModel& loaded) {
    std::vector<lora::Module> read;
    for (const char* name : {"find_letter", "hid_last_word", "copy_comma", "rot_brack"})
      read.push_back(lora::read_module(kLibrary / name, name, loaded.model->architecture()));
    return lora::stack(read, loaded.model->architecture(), base::Device::cpu);
  }
  search::Measure measure(LossKind kind, Engine engine = Engine::fast,
                          Composition composition = Composition::factor) const {
    const Mixture mixture{.pool = pool, .composition = composition, .engine = engine};
    return with_answer_errors(make_measure(loaded, mixture, pairs), loaded, mixture, asked(kind));
  }
  AnsweredShots asked(LossKind kind) const {
    task::Task task;
    task.scoring = scoring;
    AnsweredShots all = answered_shots({.loss = kind, .max_tokens = 30}, task, pairs);
    all.shots = rows;
    return all;
  }
  search::Sums sums(const search::Measure& measured, search::TileShape shape) const {
    return search::measure_all(measured, some, {kShots, 2}, shape);
  }

  LoadedModel loaded;
  lora::Pool pool;
  std::vector<task::Example> rows = shots("D2_last_letter", kShots);
  std::vector<model::Tokens> pairs = tokenize(*loaded.tokenizer, rows);
  study::Scoring scoring = study::Scoring::generate;
  search::Population some{.dim = 4, .weights = {}};
};

const search::TileShape kTile{.candidates = 4, .examples = 5};

// One candidate after the other, one prompt after the other, as test rows are answered.
std::vector<double> one_by_one(const Setting& s, LossKind kind, Composition composition) {
  std::vector<double> all;
  for (int p = 0; p < kCandidates; ++p) {
    const auto adapter = lora::compose(s.pool, s.some.row(p), composition, s.loaded.dtype());
    for (const task::Example& row : s.rows) {
      const std::string text = answer(s.loaded, adapter, std::vector{row.input},
                                      {.scoring = s.scoring, .max_tokens = 30})
                                   .front();
      all.push_back(kind == LossKind::accuracy ? (task::is_hit(text, row.target) ? 0.0 : 1.0)
                                               : 1 - task::chrf(text, row.target) / 100);
    }
  }
  return all;
}

std::vector<double> errors_in(const search::Sums& sums) {
  std::vector<double> all;
  for (int p = 0; p < kCandidates; ++p)
    for (int k = 0; k < kShots; ++k) all.push_back(sums.at(p, kShots + k));
  return all;
}

TEST(AnswerErrors, AreThoseOfEachCandidateAlone) {
  for (const study::Precision precision : {study::Precision::f32, study::Precision::bf16}) {
    const Setting s(precision);
    for (const Composition composition : {Composition::factor, Composition::product})
      for (const LossKind kind : {LossKind::accuracy, LossKind::similarity}) {
        const std::vector<double> want = one_by_one(s, kind, composition);
        for (const Engine engine : {Engine::fast, Engine::reference})
          EXPECT_EQ(errors_in(s.sums(s.measure(kind, engine, composition), kTile)), want);
        if (kind == LossKind::accuracy) {
          const auto misses = std::ranges::count(want, 1.0);
          EXPECT_GT(misses, 5);
          EXPECT_LT(misses, std::ssize(want) - 5);
        }
      }
  }
}

TEST(AnswerErrors, StandBesideTheSameLosses) {
  const Setting s;
  const Mixture mixture{.pool = s.pool, .composition = Composition::factor, .engine = Engine::fast};
  const search::Sums alone =
      search::measure_all(make_measure(s.loaded, mixture, s.pairs), s.some, kShots, kTile);
  const search::Sums both = s.sums(s.measure(LossKind::accuracy), kTile);
  EXPECT_EQ(both.examples, 2 * kShots);
  for (int p = 0; p < kCandidates; ++p)
    for (int k = 0; k < kShots; ++k) EXPECT_EQ(both.at(p, k), alone.at(p, k));
}

// This is what ranks do: each computes other tiles, in another order, with other threads.
TEST(AnswerErrors, AreTheSameForTilesInAnyOrderAndShape) {
  Setting s;
  const search::Sums want = s.sums(s.measure(LossKind::similarity), kTile);
  for (const search::TileShape shape : {search::TileShape{1, 1}, {9, 7}, {2, 3}})
    EXPECT_EQ(errors_in(s.sums(s.measure(LossKind::similarity), shape)), errors_in(want));
  s.loaded.threads = 3;
  EXPECT_EQ(s.sums(s.measure(LossKind::similarity), kTile).values, want.values);
}

// Options: the answers are chosen among those that the prompt lists, as for test rows.
TEST(AnswerErrors, OfOptionsAreThoseOfTheLikeliest) {
  Setting s;
  s.scoring = study::Scoring::options;
  for (size_t i = 0; i < s.rows.size(); ++i)
    if (i != 2) s.rows[i].input += "\nOptions:\n- " + s.rows[i].target + "\n- dog\n- ( B )";
  s.pairs = tokenize(*s.loaded.tokenizer, s.rows);
  const std::vector<double> want = one_by_one(s, LossKind::accuracy, Composition::factor);
  EXPECT_EQ(errors_in(s.sums(s.measure(LossKind::accuracy), kTile)), want);
  EXPECT_THAT(want, testing::AllOf(testing::Contains(0.0), testing::Contains(1.0)));
}

TEST(AnswerErrors, AnAnswerEndsAtTwiceTheLongestTargetAndEight) {
  const Setting s;
  size_t longest = 0;
  for (const model::Tokens& pair : s.pairs) longest = std::max(longest, pair.target.size());
  EXPECT_EQ(answered_shots({.max_tokens = 256}, {}, s.pairs).rule.max_tokens,
            static_cast<int>(2 * longest + 8));
  EXPECT_EQ(answered_shots({.max_tokens = 3}, {}, s.pairs).rule.max_tokens, 3);
}

TEST(AnswerErrors, OfOneAdapterStandBehindItsSums) {
  const Setting s;
  const auto adapter = lora::compose(s.pool, s.some.row(0), Composition::factor, at::kFloat);
  const search::Sums sums =
      with_answer_errors({.examples = kShots, .values = std::vector<double>(kShots)}, s.loaded,
                         adapter, s.asked(LossKind::accuracy));
  EXPECT_EQ(sums.examples, 2 * kShots);
  const std::vector<double> all = one_by_one(s, LossKind::accuracy, Composition::factor);
  EXPECT_TRUE(std::equal(sums.values.begin() + kShots, sums.values.end(), all.begin(),
                         all.begin() + kShots));
}

}  // namespace
}  // namespace lorahub::objective
