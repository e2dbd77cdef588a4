#include "report/statistics/cluster_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "report/figures/plot.hpp"

namespace lorahub::report {
namespace {

using testing::ElementsAre;

TEST(ClusterOrder, PutsLikeRowsBesideEachOther) {  // two groups, taken in turn
  const std::vector<size_t> order = cluster_order({{0, 0}, {9, 9}, {1, 0}, {9, 8}, {0, 1}, {8, 9}});
  std::vector<int> group;
  for (const size_t row : order) group.push_back(static_cast<int>(row % 2));
  EXPECT_THAT(group, testing::AnyOf(ElementsAre(0, 0, 0, 1, 1, 1), ElementsAre(1, 1, 1, 0, 0, 0)));
}

TEST(ClusterOrder, FollowsALine) {  // 0 to 4, in another order
  const std::vector<double> values{3, 0, 4, 1, 2};
  std::vector<std::vector<double>> rows;
  for (const double v : values) rows.push_back({v * v});
  std::vector<double> found;
  for (const size_t row : cluster_order(rows)) found.push_back(values[row]);
  EXPECT_THAT(found, testing::AnyOf(ElementsAre(0, 1, 2, 3, 4), ElementsAre(4, 3, 2, 1, 0)));
}

TEST(ClusterOrder, UsesWhatBothRowsHave) {
  const double none = std::nan("");
  const std::vector<size_t> order = cluster_order({{none, 1}, {5, none}, {none, 1.1}, {5, 9}});
  ASSERT_EQ(order.size(), 4u);
  const auto place = [&](size_t row) { return std::ranges::find(order, row) - order.begin(); };
  EXPECT_EQ(std::abs(place(0) - place(2)), 1);
  EXPECT_EQ(std::abs(place(1) - place(3)), 1);
}

TEST(ClusterOrder, OfFewRows) {
  EXPECT_THAT(cluster_order({}), ElementsAre());
  EXPECT_THAT(cluster_order({{1}}), ElementsAre(0));
}

PlotMatrix square(size_t size) {
  PlotMatrix matrix{.title = "t", .colour_label = "c", .range = {-1, 0, 1}};
  for (size_t i = 0; i < size; ++i) {
    matrix.rows.push_back("m" + std::to_string(i));
    matrix.values.emplace_back();
    for (size_t j = 0; j < size; ++j) matrix.values[i].push_back(i % 2 == j % 2 ? 1 : -1);
  }
  matrix.columns = matrix.rows;
  return matrix;
}

TEST(Arrange, KeepsEachValueWithItsNames) {
  PlotMatrix matrix = square(6);
  matrix.values[2][3] = 0.25;
  arrange(matrix);
  EXPECT_EQ(matrix.rows, matrix.columns);
  const auto row = std::ranges::find(matrix.rows, "m2") - matrix.rows.begin();
  const auto column = std::ranges::find(matrix.columns, "m3") - matrix.columns.begin();
  EXPECT_EQ(matrix.values[static_cast<size_t>(row)][static_cast<size_t>(column)], 0.25);
}

TEST(Arrange, LeavesOutTheNumbersOfALargeMap) {
  PlotMatrix small = square(20), large = square(21);
  arrange(small);
  arrange(large);
  EXPECT_THAT(draw(small, "small"), testing::HasSubstr(">-1.00<"));
  EXPECT_THAT(draw(large, "large"), testing::Not(testing::HasSubstr(">-1.00<")));
}

// 21 columns leave some 20 pixels for a name, of which a slanted one takes more.
TEST(Arrange, NamesOfManyColumnsStandUpright) {
  const std::string upright = "rotate(-90";
  EXPECT_THAT(draw(square(20), "small"), testing::Not(testing::HasSubstr(upright)));
  EXPECT_THAT(draw(square(21), "large"), testing::HasSubstr(upright));
}

}  // namespace
}  // namespace lorahub::report
