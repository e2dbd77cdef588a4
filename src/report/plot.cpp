#include "report/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "report/gnuplot.hpp"
#include "report/numbers.hpp"

namespace lorahub::report {
namespace {

constexpr std::array<const char*, 8> kColours = {"#0072b2", "#d55e00", "#009e73", "#aa3377",
                                                 "#e69f00", "#56b4e9", "#000000", "#777777"};
constexpr std::array<int, 8> kMarks = {7, 5, 9, 13, 6, 4, 8, 12};  // filled ones first
constexpr int kWidth = 720, kRow = 19;  // pixels: of a figure, of a row of its legend
constexpr size_t kLetters = 92;         // of the legend that fit into a row
constexpr size_t kLongestLabel = 100;   // letters that a label needs room for

std::string number(double value) {
  return std::isfinite(value) ? base::format("{}", value) : "NaN";
}

std::string axis(const char* name, const PlotAxis& a) {
  std::string text = base::format("set {}label {}\n", name, gnuplot_text(a.label));
  if (a.logarithmic) text += base::format("set logscale {}\n", name);
  if (!a.format.empty()) text += base::format("set format {} {}\n", name, gnuplot_text(a.format));
  if (!a.range.empty())
    text += base::format("set {}range [{}:{}]\n", name, number(a.range[0]), number(a.range[1]));
  if (a.places.empty()) return text;
  text += base::format("set {}tics (", name);
  for (size_t i = 0; i < a.places.size(); ++i)
    text += base::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_format_text(a.places[i].first),
                         number(a.places[i].second));
  return text + ")\n";
}

std::string block(const Series& s, size_t index, Shape shape) {
  std::string text = base::format("$d{} << EOD\n", index);
  const auto add = [&](double x, size_t i) {
    const bool with = !s.low.empty();
    text += base::format("{} {} {} {}\n", number(x), number(s.y[i]),
                         number(with ? s.low[i] : s.y[i]), number(with ? s.high[i] : s.y[i]));
  };
  for (size_t i = 0; i < s.x.size(); ++i) {
    if (shape == Shape::steps && i > 0) add(s.x[i], i - 1);
    add(s.x[i], i);
  }
  return text + "EOD\n";
}

// Colours come again with another mark.
int mark(const Series& s) {
  return kMarks[(s.style + 3 * (s.style / kColours.size())) % kMarks.size()];
}

std::string look(const Series& s) {
  const size_t k = s.style % kColours.size();
  return base::format("lw 2 dt {} pt {} ps 0.8 lc rgb '{}'", 1 + s.style % 5, mark(s), kColours[k]);
}

std::string pieces(const Series& s, size_t index, Shape shape) {
  const std::string data = base::format("$d{}", index);
  const std::string title = "title " + gnuplot_text(s.name);
  const size_t k = s.style % kColours.size();
  const std::string error =
      base::format("dt 1 lw 1.5 pt {} ps 0.8 lc rgb '{}'", mark(s), kColours[k]);
  const std::string band =
      s.low.empty() ? ""
                    : base::format("{} using 1:3:4 with filledcurves lc rgb '{}' notitle, ", data,
                                   kColours[k]);
  switch (shape) {
    case Shape::lines:
      return base::format("{}{} using 1:2 with linespoints {} {}", band, data, look(s), title);
    case Shape::steps:
      return base::format("{}{} using 1:2 with lines {} {}", band, data, look(s), title);
    case Shape::bars:
      return base::format(
          "{0} using 1:2:3:4 with yerrorbars {1} notitle, {0} using 1:2 with linespoints {2} {3}",
          data, error, look(s), title);
    case Shape::points:
      return base::format("{} using 1:2:3:4 with yerrorbars {} {}", data, error, title);
    case Shape::forest:
      break;
  }
  return base::format("{} using 1:2:3:4 with xerrorbars {} {}", data, error, title);
}

struct Legend {
  size_t columns = 1, rows = 1;
};

Legend legend(const std::vector<Series>& series) {
  size_t longest = 1;
  for (const Series& s : series) longest = std::max(longest, s.name.size());
  Legend l{.columns = std::clamp<size_t>(kLetters / (longest + 7), 1, series.size())};
  l.rows = (series.size() + l.columns - 1) / l.columns;
  return l;
}

std::string guides(const Plot& plot) {
  std::string text;
  for (const double at : plot.guides) {
    const std::string place = number(at);
    text += plot.shape == Shape::forest
                ? base::format("set arrow from {0}, graph 0 to {0}, graph 1", place)
                : base::format("set arrow from graph 0, first {0} to graph 1, first {0}", place);
    text += " nohead lw 1 lc rgb '#555555'\n";
  }
  return text;
}

}  // namespace

std::string draw(const Plot& plot, const std::string& name) {
  const Legend key = legend(plot.series);
  std::string text = base::format(
      "set key outside bottom center horizontal Left reverse maxcols {} samplen 3 height 1 font "
      "',12'\n"
      "set style fill transparent solid 0.15 noborder\nset border 3\nset tics nomirror\n"
      "set grid lc rgb '#e4e4e4' lt 1\nset title {}\n",
      key.columns, gnuplot_text(plot.title));
  text += axis("x", plot.x) + axis("y", plot.y) + guides(plot);
  for (size_t i = 0; i < plot.series.size(); ++i) text += block(plot.series[i], i, plot.shape);
  text += "plot ";
  for (size_t i = 0; i < plot.series.size(); ++i)
    text += (i == 0 ? "" : ", ") + pieces(plot.series[i], i, plot.shape);
  return gnuplot({.name = name,
                  .title = plot.title,
                  .width = kWidth,
                  .height = plot.height + kRow * static_cast<int>(key.rows + 1)},
                 text + "\n");
}

std::string draw(const PlotMatrix& matrix, const std::string& name) {
  PlotAxis x{.label = matrix.x_label,
             .range = {0.5, static_cast<double>(matrix.columns.size()) + 0.5}};
  PlotAxis y{.label = matrix.y_label,
             .range = {static_cast<double>(matrix.rows.size()) + 0.5, 0.5}};
  size_t longest = 0;
  for (size_t i = 0; i < matrix.columns.size(); ++i) {
    x.places.emplace_back(matrix.columns[i], static_cast<double>(i + 1));
    longest = std::max(longest, matrix.columns[i].size());
  }
  for (size_t i = 0; i < matrix.rows.size(); ++i)
    y.places.emplace_back(matrix.rows[i], static_cast<double>(i + 1));
  std::string text = base::format(
      "set title {}\nset cblabel {}\nset palette defined (0 '#5b9bd0', 1 '#f7f7f7', 2 '#d6604d')\n"
      "set cbrange [{}:{}]\nset style fill solid noborder\nset tics scale 0 nomirror font ',11'\n"
      "set border 0\nset key off\n",
      gnuplot_text(matrix.title), gnuplot_text(matrix.colour_label), matrix.range[0],
      matrix.range[2]);
  text += axis("x", x) + axis("y", y) + "set xtics rotate by 40 right\n$m << EOD\n";
  for (size_t r = 0; r < matrix.rows.size(); ++r)
    for (size_t c = 0; c < matrix.columns.size(); ++c)
      if (const double v = matrix.values[r][c]; std::isfinite(v))
        text += base::format("{} {} {} {:.{}f}\n", c + 1, r + 1,
                             std::clamp(v, matrix.range[0], matrix.range[2]),
                             unsigned_zero(v, matrix.decimals), matrix.decimals);
  text +=
      "EOD\nplot $m using 1:2:(0.48):(0.48):3 with boxxyerror fc palette, "
      "$m using 1:2:(stringcolumn(4)) with labels font ',9'\n";
  return gnuplot({.name = name,
                  .title = matrix.title,
                  .width = kWidth,
                  .height = 200 + 5 * static_cast<int>(std::min(longest, kLongestLabel)) +
                            20 * static_cast<int>(matrix.rows.size())},
                 text);
}

}  // namespace lorahub::report
