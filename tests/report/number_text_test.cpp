// The numbers in the text are the numbers in the result file: written, read, reported, and computed
// here again by other means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/random.hpp"
#include "base/text.hpp"
#include "report/report.hpp"
#include "report/sections/sections.hpp"

namespace lorahub::report {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr int kTasks = 3, kSeeds = 4, kRows = 20;

// zero_shot is right on four rows in ten, lorahub on eleven in twenty: near enough for pairs that
// lorahub wins, loses and ties.
class Study {
 public:
  Study() {
    history_.headers = {{.study = "numbers", .question = "Does it add up?"}};
    for (int t = 0; t < kTasks; ++t) {
      zero_[t] = add(t, "zero_shot", "", 0.4);
      for (int s = 0; s < kSeeds; ++s)
        lorahub_[t][s] = add(t, "lorahub", base::format("{}", s + 1), 0.55);
    }
  }
  Summary summary() const {
    const auto file =
        std::filesystem::temp_directory_path() / base::format("lorahub_numbers_{}.h5", ::getpid());
    store::write_hdf5(file, history_, planned_);
    Summary s = summarise({store::read_findings(file)});
    std::filesystem::remove(file);
    return s;
  }
  double zero_[kTasks] = {}, lorahub_[kTasks][kSeeds] = {};  // percent
  long tokens_ = 0;                                          // searches of lorahub

 private:
  double add(int task, const std::string& method, const std::string& seed, double chance) {
    const std::string id = base::format("{:016d}", planned_.size());
    store::Record r{.trial = id,
                    .knobs = {{"task", base::format("task{}", task)},
                              {"method", method},
                              {"seed.modules", seed},
                              {"seed.shots", seed},
                              {"seed.search", seed}}};
    int hits = 0;
    for (int row = 0; row < kRows; ++row) {
      const bool hit = random_.uniform() < chance;
      hits += hit ? 1 : 0;
      r.answers.push_back({.row = row, .target = "x", .answer = hit ? "x" : "y", .hit = hit});
    }
    r.accuracy = 100.0 * hits / kRows;
    if (method == "lorahub") {
      r.counts = {.evaluations = 3,
                  .rounds = 2,
                  .example_forwards = 15,
                  .search_tokens = 1000 + 7 * task,
                  .answer_tokens = 300};
      r.modules = {"a"};
      r.weights = {0.5};
      r.generations = {{.population = {.dim = 1, .weights = {0, 1}}, .losses = {2, 1}},
                       {.population = {.dim = 1, .weights = {0.5}}, .losses = {0.5}}};
      tokens_ += r.counts.search_tokens;
    }
    r.best_loss = r.zero_loss = std::nan("");
    planned_.push_back({.id = id, .knobs = r.knobs});
    history_.finished[id] = r;
    return r.accuracy;
  }

  store::History history_;
  std::vector<store::PlannedTrial> planned_;
  base::Stream random_{9, "numbers"};
};

TEST(NumberText, OfTheTextAreThoseOfTheFile) {
  const Study study;
  const Summary summary = study.summary();
  double difference = 0, pooled = 0, wins = 0;
  int lost = 0, tied = 0;
  for (int t = 0; t < kTasks; ++t)
    for (int s = 0; s < kSeeds; ++s) {
      const double d = study.lorahub_[t][s] - study.zero_[t];
      difference += d / (kTasks * kSeeds);
      pooled += study.lorahub_[t][s] / (kTasks * kSeeds);
      lost += d < 0 ? 1 : 0;
      tied += d == 0 ? 1 : 0;
      wins += (d > 0 ? 1 : d < 0 ? 0 : 0.5) / (kTasks * kSeeds);
    }
  const std::string text = markdown(make_report({summary})).text;
  EXPECT_THAT(text, HasSubstr(base::format("lorahub is {:.1f} [", difference)));
  EXPECT_THAT(text, HasSubstr(base::format("{} trials done", kTasks * (kSeeds + 1))));
  EXPECT_THAT(text, HasSubstr(base::format("| {:.1f} [", pooled)));  // of the accuracy table
  EXPECT_GT(lost, 0) << "P(improvement) counts none";
  EXPECT_GT(tied, 0) << "P(improvement) counts half of one";
  EXPECT_THAT(
      text,
      ContainsRegex(base::format(  // pairs, difference, P(improvement)
          "lorahub [^|\n]+ zero_shot \\| +{} \\| +{} \\| +\\+{:.1f} \\[[^|\n]+\\| +{:.2f} \\[",
          kTasks, kTasks * kSeeds, difference, wins)));
  const double tokens = static_cast<double>(study.tokens_) / (kTasks * kSeeds);
  EXPECT_THAT(text, HasSubstr(base::format("1,{:03.0f} |", tokens - 1000)));
  EXPECT_THAT(text, HasSubstr("20 test rows (median)"));
}

TEST(NumberText, OfATaskAreMeanAndDeviationOfItsDraws) {
  const Study study;
  const std::string text = brief({study.summary()});
  for (int t = 0; t < kTasks; ++t) {
    double sum = 0, squares = 0;
    for (const double a : study.lorahub_[t]) {
      sum += a;
      squares += a * a;
    }
    const double m = sum / kSeeds, sd = std::sqrt((squares - kSeeds * m * m) / (kSeeds - 1));
    EXPECT_THAT(text, HasSubstr(base::format("{:.1f} ± {:.1f} |", m, sd)));
    EXPECT_THAT(text, HasSubstr(base::format("{:.1f} |", study.zero_[t])));
  }
}

}  // namespace
}  // namespace lorahub::report
