#include "report/figures/plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

#include "report/figures/gnuplot.hpp"

namespace lorahub::report {
namespace {

// Where the vertical bars of error bars stand: both ends of a line at one x.
std::set<double> bars(const std::string& svg) {
  std::set<double> places;
  const std::regex line("M([0-9.]+),([0-9.]+) L([0-9.]+),([0-9.]+)");
  for (std::sregex_iterator it(svg.begin(), svg.end(), line), end; it != end; ++it)
    if ((*it)[1] == (*it)[3] && std::abs(std::stod((*it)[2]) - std::stod((*it)[4])) > 20)
      places.insert(std::stod((*it)[1]));
  return places;
}

Plot plot(Shape shape) {
  Plot plot{.title = "t", .x = {.label = "x, 1", .range = {0, 10}}, .shape = shape};
  plot.y = {.label = "y, %", .range = {0, 100}};
  for (size_t i = 0; i < 3; ++i)
    plot.series.push_back({.name = "series " + std::to_string(i),
                           .style = i,
                           .x = {5},
                           .y = {50},
                           .low = {20},
                           .high = {80}});
  return plot;
}

TEST(Plot, ErrorBarsOfOneValueStandSideBySide) {
  for (const Shape shape : {Shape::bars, Shape::points}) {
    const std::set<double> places = bars(draw(plot(shape), "x"));
    std::vector<double> sorted(places.begin(), places.end());
    size_t near = 0;  // of the three bars, about the middle of the figure
    for (size_t i = 1; i < sorted.size(); ++i)
      if (const double gap = sorted[i] - sorted[i - 1]; gap > 5 && gap < 15) ++near;
    EXPECT_GE(near, 2u);
  }
}

TEST(Plot, LinesOfANameBreakAtBlanksAndUnderscores) {
  EXPECT_EQ(gnuplot_lines("lorahub modules=20 cma", 12), "\"lorahub \\nmodules=20 \\ncma\"");
  EXPECT_EQ(gnuplot_lines("E1_isa_letter", 8), "\"E1_isa_\\nletter\"");
  EXPECT_EQ(gnuplot_lines("short", 8), "\"short\"");
  EXPECT_EQ(gnuplot_format_lines("90 % right", 4), "\"90 \\n%% \\nright\"");
}

TEST(Plot, OnAPhoneANameOfAnyLengthFits) {
  Plot wide = plot(Shape::points);
  wide.series[0].name = std::string(90, 'x');
  const std::string svg = draw(wide, "x", FigureWidth::phone);
  EXPECT_THAT(svg, testing::HasSubstr("width=\"366\""));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr(std::string(60, 'x'))));
}

}  // namespace
}  // namespace lorahub::report
