#include "report/figures/trial_course.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/check.hpp"
#include "report/made.hpp"

namespace lorahub::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

store::Finding searched(const std::string& id) {
  store::Finding f = finding("lorahub", "a", 50);
  f.row.id = id;
  f.losses = {2, std::numeric_limits<double>::infinity(), 1.5, 1.75};
  f.generations = {0, 0, 1, 1};
  return f;
}

const store::SearchState kState{
    .steps = 2, .runs = 1, .sigma = {0.2, 0.125}, .axis_ratio = {1, 1.5}, .mean = {0, 0.25}};

std::vector<Figure> figures_of(const Report& report) {
  std::vector<Figure> found;
  for (const DocumentBlock& block : report.sections.at(0).blocks)
    if (const auto* figure = std::get_if<Figure>(&block)) found.push_back(*figure);
  return found;
}

TEST(TrialCourse, ShowsLossesTheBestSoFarAndTheState) {
  const std::vector<Figure> found = figures_of(trial_report(searched("ab"), kState));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_THAT(
      found[0].table.rows,
      ElementsAre(Cells{"1", "0", "2.0000", "2.0000"}, Cells{"2", "0", "–", "2.0000"},
                  Cells{"3", "1", "1.5000", "1.5000"}, Cells{"4", "1", "1.7500", "1.5000"}));
  EXPECT_THAT(found[1].table.rows, ElementsAre(Cells{"0", "0.2000"}, Cells{"1", "0.1250"}));
  EXPECT_THAT(found[2].table.rows, ElementsAre(Cells{"0", "1.0000"}, Cells{"1", "1.5000"}));
  for (const Figure& f : found) EXPECT_THAT(f.svg, HasSubstr("<svg")) << f.name;
  EXPECT_THAT(found[0].svg, HasSubstr("best so far"));
  EXPECT_THAT(markdown(trial_report(searched("ab"), kState)).text,
              HasSubstr("least few-shot loss with its penalty, nat"));
}

TEST(TrialCourse, SaysWhyThereIsNoState) {
  const Report report = trial_report(searched("ab"), {});
  EXPECT_EQ(figures_of(report).size(), 1u);
  EXPECT_THAT(markdown(report).text, HasSubstr("has no sigma and no axis ratio"));
}

std::string refusal(const std::vector<store::Finding>& trials, const std::string& id) {
  try {
    find_trial(trials, id);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(TrialCourse, FindsATrialByTheBeginningOfItsId) {
  std::vector<store::Finding> trials{searched("ab12"), searched("ab34"), searched("ff00")};
  EXPECT_EQ(find_trial(trials, "ab3").row.id, "ab34");
  EXPECT_THAT(refusal(trials, "ab"), HasSubstr("several ids begin like this (ab12, ab34)"));
  EXPECT_THAT(refusal(trials, "zz"), HasSubstr("no trial of these results has this id"));
  trials[2].losses.clear();
  EXPECT_THAT(refusal(trials, "ff"), HasSubstr("ran no search (its method is lorahub)"));
  trials[2].row.status = "failed";
  EXPECT_THAT(refusal(trials, "ff"), HasSubstr("this trial is failed"));
}

}  // namespace
}  // namespace lorahub::report
