// What each section says of a small study with known answers, by way of the result file.
#include "report/sections/sections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/text.hpp"
#include "report/compare.hpp"
#include "report/made.hpp"
#include "report/report.hpp"

namespace lorahub::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kRowsOfATask = 20;

struct Search {
  const char *method, *modules;
  int hits;
  std::vector<double> losses;
};

// Two tasks, three draws, all of which answer alike: every interval is its value. Prompts have 10
// tokens, those of icl 40; an adaptation has 3,000.
class Known {
 public:
  Known() {
    history_.headers = {{.study = "known", .question = "Is it known?"}};
    const std::vector<Search> searches{{"official", "5", 6, {2, 1.5, 1}},
                                       {"cma", "5", 8, {2, 1, 0.5, 0.25}},
                                       {"official", "20", 10, {2, 1.5, 1}},
                                       {"cma", "20", 12, {2, 1, 0.5, 0.25}}};
    for (const char* task : {"a", "b"}) {
      add(task, "zero_shot", 2, {});
      for (const char* seed : {"1", "2", "3"}) {
        add(task, "icl", 10, {{"seed.shots", seed}}).counts.answer_tokens = 40 * kRowsOfATask;
        for (const Search& s : searches) {
          Knobs knobs{{"search.method", s.method}, {"modules", s.modules}};
          for (const char* factor : {"modules", "shots", "search"})
            knobs[std::string("seed.") + factor] = seed;
          add_search(add(task, "lorahub", s.hits, knobs), s);
        }
      }
    }
  }
  Summary summary() const {
    const auto file =
        std::filesystem::temp_directory_path() / base::format("lorahub_known_{}.h5", ::getpid());
    store::write_hdf5(file, history_, planned_);
    Summary s = summarise({store::read_findings(file)});
    std::filesystem::remove(file);
    return s;
  }

 private:
  store::Record& add(const std::string& task, const std::string& method, int hits,
                     const Knobs& knobs) {
    store::Record r{.trial = base::format("{:016d}", planned_.size()),
                    .knobs = {{"task", task}, {"method", method}},
                    .best_loss = std::nan(""),
                    .zero_loss = std::nan(""),
                    .accuracy = 100.0 * hits / kRowsOfATask};
    for (const char* name :
         {"modules", "search.method", "seed.modules", "seed.shots", "seed.search"})
      r.knobs.emplace_back(name, knob(knobs, name));
    for (int row = 0; row < kRowsOfATask; ++row)
      r.answers.push_back(
          {.row = row, .target = "x", .answer = row < hits ? "x" : "y", .hit = row < hits});
    r.counts.answer_tokens = 10 * kRowsOfATask;
    planned_.push_back({.id = r.trial, .knobs = r.knobs});
    return history_.finished[r.trial] = r;
  }
  static void add_search(store::Record& r, const Search& search) {
    r.modules = {"m"};
    r.weights = {0.5};
    for (const double loss : search.losses)
      r.generations.push_back({.population = {.dim = 1, .weights = {0.5}}, .losses = {loss}});
    const auto n = static_cast<int64_t>(search.losses.size());
    r.counts.evaluations = r.counts.rounds = n;
    r.counts.example_forwards = 5 * n;
    r.counts.search_tokens = 3000;
  }

  store::History history_;
  std::vector<store::PlannedTrial> planned_;
};

TEST(Sections, SayWhatTheFileHolds) {
  const std::string page = html(make_report({Known().summary()}));
  const auto says = [&](const char* text) { EXPECT_THAT(page, HasSubstr(text)); };
  says(
      "RQ1 (research question 1: do compositions of modules generalise to unseen tasks?): 4 "
      "compositions against zero_shot: 4 better, 0 worse, 0 with no difference that can be "
      "shown, from +20.0 (no spread) points (lorahub modules=5 official) to +50.0 (no spread) "
      "(lorahub modules=20 cma); Wilcoxon over tasks, Holm: p = 1.00 at best; 2 tasks "
      "cannot "
      "give less than 0.50 without Holm's correction.");
  says(
      "in which budget?): After 3 evaluations, which all of them spent, few-shot loss with its "
      "penalty against "
      "lorahub modules=5 "
      "official: lorahub modules=5 cma -0.500 (no spread) nat (better)");
  says(
      "accuracy against lorahub modules=5 official: lorahub modules=5 cma +10.0 (no spread) "
      "points (better)");
  says(
      " example-forwards each, accuracy against lorahub modules=5 official: lorahub modules=20 "
      "official +20.0 (no spread) points (better). With ");
  says(
      " example-forwards each, accuracy against lorahub modules=5 cma: lorahub modules=20 cma "
      "+20.0 (no spread) points (better).");
  says(
      "examples in the prompt?): A query to composed modules has 10.0 tokens, one with the "
      "examples in its prompt 40.0 "
      "(4.0 times as many)");
  says("lorahub modules=5 official -20.0 (no spread) points (worse)");
  says("lorahub modules=20 official +0.0 (no spread) points (no difference can be shown)");
  says("lorahub modules=5 official after 100");  // 3,000 / (40 - 10)
  says(
      "RQ4 (research question 4: how many modules?): From 5 to 20 modules in the mixture, the "
      "accuracy of lorahub official rises (+20.0 (no spread) points).");
}

TEST(Sections, TheBriefHasTheSameAnswers) {
  const std::string text = brief({Known().summary()});
  for (const char* start : {"?): 4 comp", "?): After 3", "?): A query", "?): From 5 to 20"})
    EXPECT_THAT(text, HasSubstr(start));
  EXPECT_THAT(text, Not(HasSubstr("Fig. 3")));
}

TEST(Sections, CostsAreOfTheTasksThatBothHave) {  // icl has longer prompts on b
  std::vector<store::Finding> trials{finding("lorahub", "a", 50), finding("icl", "a", 50),
                                     finding("icl", "b", 50)};
  trials[0].row.counts = {.search_tokens = 900, .answer_tokens = 1000};
  trials[1].row.counts.answer_tokens = 4000;
  trials[2].row.counts.answer_tokens = 90000;
  const std::string text = efficiency_answer(summary_of(trials));
  EXPECT_THAT(text, HasSubstr("has 10.0 tokens, one with the examples in its prompt 40.0 (4.0"));
  EXPECT_THAT(text, HasSubstr("lorahub (1 of 2 tasks) after 30."));
}

// Lines of compositions cross that of icl: it may not be the one that is left out.
TEST(Sections, WhatCostsAreHeldAgainstIsDrawn) {
  std::vector<store::Finding> trials{finding("icl", "a", 50)};
  trials[0].row.counts.answer_tokens = 4000;
  for (int budget = 1; budget <= 10; ++budget) {
    trials.push_back(finding("lorahub", "a", 50, {{"search.budget", base::format("{}", budget)}}));
    trials.back().row.counts = {.search_tokens = 900, .answer_tokens = 1000};
  }
  const auto section = efficiency(summary_of(trials));
  ASSERT_TRUE(section.has_value());
  int figures = 0;
  for (const DocumentBlock& block : section->blocks)
    if (const auto* figure = std::get_if<Figure>(&block)) {
      EXPECT_THAT(figure->svg, HasSubstr("<text>icl</text>")) << figure->name;
      EXPECT_THAT(figure->caption, HasSubstr("8 of 11 conditions are drawn."));
      ++figures;
    }
  EXPECT_EQ(figures, 3);
}

TEST(Sections, AllModulesAreAsManyAsAreMixed) {
  std::vector<store::Finding> trials{finding("lorahub", "a", 50, {{"modules", "5"}}),
                                     finding("lorahub", "a", 70, {{"modules", "all"}})};
  trials[1].weights.assign(40, {"m", 0.1});
  EXPECT_THAT(sweep_answer(summary_of(trials), "modules"), HasSubstr("From 5 to 40 modules"));
}

TEST(Sections, SweepsAreAnsweredForCompositionsBeforeWhatTheyAreHeldAgainst) {
  std::vector<store::Finding> trials;
  for (const char* method : {"best_single", "gradient"})
    for (const int count : {5, 15})
      trials.push_back(finding(method, "a", method == std::string("gradient") ? 3 * count : 7,
                               {{"modules", base::format("{}", count)}}));
  EXPECT_THAT(
      sweep_answer(summary_of(trials), "modules"),
      HasSubstr("From 5 to 15 modules in the mixture, the accuracy of gradient is not shown to "
                "change (+30"));
  for (const int count : {5, 15})
    trials.push_back(finding("lorahub", "a", 2 * count, {{"modules", base::format("{}", count)}}));
  EXPECT_THAT(sweep_answer(summary_of(trials), "modules"),
              HasSubstr("the accuracy of lorahub is not shown to change (+20"));
}

// The gain comes from one draw of modules, which is good for all tasks.
TEST(Sections, SearchesAreNotBetterWhereWholeDrawsSayOtherwise) {
  std::vector<store::Finding> trials;
  for (const char* task : {"a", "b", "c", "d"})
    for (int m = 1; m <= 3; ++m)
      for (const char* method : {"official", "cma"}) {
        Knobs knobs = seeds(m);
        knobs["search.method"] = method;
        const double gain = m == 1 ? 60 : 0;
        store::Finding f =
            finding("lorahub", task, 30 + (method == std::string("cma") ? gain : 0), knobs);
        f.generations = {0};
        f.losses = {1};
        trials.push_back(f);
      }
  const Summary s = summary_of(trials);
  const Effect e = effect(differences(pair_up(s.conditions[1], s.conditions[0]), accuracy));
  EXPECT_EQ(verdict(e.difference), Verdict::better);
  EXPECT_EQ(verdict(e), Verdict::open);
  EXPECT_THAT(searching_answer(s), HasSubstr("points (no difference can be shown)"));
}

// A search that ends where its losses are flat ends elsewhere in each trial.
TEST(Sections, WhatAllSearchesSpentIsWhatTheShortestTrialSpent) {
  std::vector<store::Finding> trials;
  for (int draw = 1; draw <= 3; ++draw)
    for (const char* stop : {"0", "0.01"}) {
      Knobs knobs = seeds(draw);
      knobs["search.stop"] = stop;
      store::Finding f = finding("lorahub", "a", 50, knobs);
      const int spent = stop == std::string("0") ? 6 : 1 + draw;
      for (int i = 0; i < spent; ++i) {
        f.generations.push_back(i);
        f.losses.push_back(9 - i);
      }
      f.row.counts = {.evaluations = spent, .rounds = spent, .example_forwards = 5 * spent};
      trials.push_back(f);
    }
  const std::string text = searching_answer(summary_of(trials));
  EXPECT_THAT(text, HasSubstr("After 2 evaluations, which all of them spent"));
  EXPECT_THAT(text, Not(HasSubstr("example-forwards each")));
}

}  // namespace
}  // namespace lorahub::report
