#include "report/report.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "report/table.hpp"

namespace lorahub::report {
namespace {

Condition condition(const std::string& name, Interval pooled) {
  Condition c{.name = name};
  c.accuracy["a"] = {pooled.value};
  c.pooled = pooled;
  return c;
}

TEST(Table, PadsByCharactersNotBytes) {
  EXPECT_EQ(table({"x", "±"}, {{"long", "1 ± 2"}}),
            "| x    |     ± |\n"
            "| ---- | ----: |\n"
            "| long | 1 ± 2 |\n");
}

TEST(Answer, SaysWhatTheIntervalsAllow) {
  Summary s{.study = "s", .question = "q", .tasks = {"a"}};
  s.conditions = {condition("zero_shot", {10, 10, 10}), condition("lorahub", {50, 40, 60}),
                  condition("random_lora", {12, 9, 15})};
  s.conditions[1].has_difference = s.conditions[2].has_difference = true;
  s.conditions[1].difference = {40, 30, 50};
  s.conditions[2].difference = {2, -1, 5};
  EXPECT_EQ(answer(s),
            "lorahub: 40.0 [30.0, 50.0] points better than zero_shot over 1 task(s). The null "
            "control random_lora "
            "reaches 12.0 [9.0, 15.0]; lorahub 50.0 [40.0, 60.0].\n");
  s.tasks = {"a", "b"};  // a condition without all tasks is not compared with those that have them
  EXPECT_EQ(answer(s), "");
  s.tasks = {"a"};
  s.conditions[1].difference = {1, -3, 5};
  EXPECT_NE(answer(s).find("no shown difference"), std::string::npos);
  s.conditions[1].difference = {-5, -9, -1};
  EXPECT_NE(answer(s).find("worse than"), std::string::npos);
}

TEST(Figure, IsAnSvgWithEveryCondition) {
  Summary s{.study = "forest", .question = "q", .tasks = {"a"}};
  s.conditions = {condition("zero_shot", {10, 10, 10}), condition("lorahub", {50, 40, 60})};
  const auto file =
      std::filesystem::path(testing::TempDir()) / base::format("figure_{}.svg", ::getpid());
  write_figure(s, file);
  const std::string svg = base::read_file(file);
  EXPECT_NE(svg.find("<svg"), std::string::npos);
  for (const char* word : {"zero_shot", "lorahub", "50.0"})
    EXPECT_NE(svg.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace lorahub::report
