#include "report/sections/pairs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/made.hpp"
#include "report/report.hpp"

namespace lorahub::report {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> names(const Summary& summary, const std::string& axis) {
  std::vector<std::string> found;
  for (const VariedKnob& knob : varied_knobs(summary))
    if (knob.name == axis)
      for (const auto& [first, second] : pairs_along(summary, knob))
        found.push_back(first->name + " - " + second->name);
  return found;
}

// The study of a user: two methods, shots of 5 and 20, no zero_shot.
Summary of_a_user() {
  std::vector<store::Finding> trials;
  for (const char* task : {"a", "b", "c"})
    for (const char* shots : {"5", "20"})
      for (const int seed : {1, 2, 3}) {
        Knobs knobs = seeds(seed);
        knobs["shots"] = shots;
        trials.push_back(finding("best_single", task, 40 + seed, knobs));
        trials.push_back(finding("lorahub", task, (shots[1] ? 59 : 50) + 2 * seed, knobs));
      }
  return summary_of(trials);
}

TEST(Pairs, OfEveryTwoMethodsAndOfEachKnob) {
  const Summary s = of_a_user();
  EXPECT_THAT(names(s, "method"), ElementsAre("lorahub shots=5 - best_single shots=5",
                                              "lorahub shots=20 - best_single shots=20"));
  EXPECT_THAT(names(s, "shots"), ElementsAre("best_single shots=20 - best_single shots=5",
                                             "lorahub shots=20 - lorahub shots=5"));
}

TEST(Pairs, AnswerAStudyWithoutTheBase) {
  // Differences are 10, 19 + the seed: 12, 21 at the mean, and the mean of nine draws has a
  // standard error of sqrt(2 / 3 / 9) = 0.27.
  const std::string text = brief({of_a_user()});
  EXPECT_THAT(text, ContainsRegex("By method: lorahub shots=5 is 12\\.0 \\[11\\.[345], "
                                  "12\\.[567]\\] points better than best_single shots=5; "
                                  "lorahub shots=20 is 21\\.0 \\[20\\.[345], "
                                  "21\\.[567]\\] points better than best_single shots=20\\."));
  const std::string page = markdown(make_report({of_a_user()})).text;
  EXPECT_THAT(page, HasSubstr("By shots: paired differences of accuracy, points"));
  EXPECT_THAT(page, HasSubstr("How does accuracy change as the number of examples grows?"));
  EXPECT_THAT(page, Not(HasSubstr("How does composition compare with training")));
}

TEST(Pairs, NeedACommonDraw) {
  std::vector<store::Finding> trials{finding("lorahub", "a", 50, seeds(1)),
                                     finding("best_single", "a", 40, seeds(2))};
  EXPECT_THAT(names(summary_of(trials), "method"), ElementsAre());
  trials.push_back(finding("zero_shot", "a", 10));  // reads no draw: it goes with each
  EXPECT_THAT(names(summary_of(trials), "method"),
              ElementsAre("lorahub - zero_shot", "best_single - zero_shot"));
}

TEST(Pairs, DifferInTheAxisAlone) {
  std::vector<store::Finding> trials;
  for (const char* budget : {"40", "400"})
    for (const char* modules : {"5", "20"}) {
      Knobs knobs = seeds(1);
      knobs["search.budget"] = budget;
      knobs["modules"] = modules;
      trials.push_back(finding("lorahub", "a", 50, knobs));
    }
  EXPECT_THAT(names(summary_of(trials), "search.budget"),
              ElementsAre("lorahub modules=5 budget=400 - lorahub modules=5 budget=40",
                          "lorahub modules=20 budget=400 - lorahub modules=20 budget=40"));
}

TEST(Pairs, OfManyNumbersAreNeighboursAndEnds) {
  std::vector<store::Finding> trials;
  for (int shots = 5; shots >= 1; --shots) {
    Knobs knobs = seeds(1);
    knobs["shots"] = std::to_string(shots);
    trials.push_back(finding("lorahub", "a", 50, knobs));
  }
  const std::vector<std::string> found = names(summary_of(trials), "shots");
  EXPECT_EQ(found.size(), 5u);
  EXPECT_THAT(found, testing::Contains("lorahub shots=5 - lorahub shots=1"));
  EXPECT_THAT(found, testing::Contains("lorahub shots=3 - lorahub shots=2"));
}

}  // namespace
}  // namespace lorahub::report
