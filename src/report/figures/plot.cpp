#include "report/figures/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "report/figures/gnuplot.hpp"
#include "report/number_text.hpp"
#include "report/statistics/cluster_order.hpp"

namespace lorahub::report {
namespace {

constexpr std::array<const char*, 8> kColours = {"#0072b2", "#d55e00", "#009e73", "#aa3377",
                                                 "#e69f00", "#56b4e9", "#000000", "#777777"};
constexpr std::array<int, 8> kMarks = {7, 5, 9, 13, 6, 4, 8, 12};  // filled ones first
constexpr int kRow = 19;                                           // pixels of a row of the legend
constexpr size_t kLongestLabel = 100;    // letters that a label needs room for
constexpr size_t kMostNumbered = 20;     // rows and columns of a matrix with numbers in its cells
constexpr size_t kMostPhoneColumns = 8;  // with numbers in their cells
constexpr int kLine = 14;                // pixels of a line of a name

// What fits into a figure, of a page or of a phone.
struct Room {
  int width;              // pixels
  int letter;             // pixels
  size_t legend_letters;  // in a row of the legend
  size_t name_letters;    // in a line of a name on the y axis
  size_t label_letters;   // in a line of the label of an axis
  double height;          // share of that on a page
  double apart;           // share of the axis between two error bars
  bool has_title;         // a phone shows that of the caption alone
};
constexpr Room kPage{.width = 720,
                     .letter = 13,
                     .legend_letters = 92,
                     .name_letters = 48,
                     .label_letters = kLongestLabel,
                     .height = 1,
                     .apart = 0.014,
                     .has_title = true};
constexpr Room kPhone{.width = 366,
                      .letter = 11,
                      .legend_letters = 50,
                      .name_letters = 22,
                      .label_letters = 40,
                      .height = 0.8,
                      .apart = 0.028,
                      .has_title = false};

const Room& room_of(FigureWidth width) { return width == FigureWidth::page ? kPage : kPhone; }

Canvas canvas(const std::string& name, const std::string& title, const Room& room, int height) {
  return {.name = room.has_title ? name : "phone." + name,
          .title = title,
          .width = room.width,
          .height = height,
          .letter = room.letter};
}

std::string title_line(const std::string& title, const Room& room) {
  return room.has_title ? base::format("set title {}\n", gnuplot_text(title)) : "";
}

std::string number(double value) {
  return std::isfinite(value) ? base::format("{}", value) : "NaN";
}

std::string axis(const char* name, const PlotAxis& a, const Room& room) {
  std::string text =
      base::format("set {}label {}\n", name, gnuplot_lines(a.label, room.label_letters));
  if (a.logarithmic) text += base::format("set logscale {}\n", name);
  if (!a.format.empty()) text += base::format("set format {} {}\n", name, gnuplot_text(a.format));
  if (!a.range.empty())
    text += base::format("set {}range [{}:{}]\n", name, number(a.range[0]), number(a.range[1]));
  if (a.places.empty()) return text;
  text += base::format("set {}tics (", name);
  for (size_t i = 0; i < a.places.size(); ++i)
    text += base::format("{}{} {}", i == 0 ? "" : ", ",
                         gnuplot_format_lines(a.places[i].first, room.name_letters),
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

std::string pieces(const Series& s, size_t index, Shape shape, const Room& room) {
  const std::string data = base::format("$d{}", index);
  const std::string title = "title " + gnuplot_text(base::shortened(s.name, room.legend_letters));
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
    case Shape::dots:
      return base::format("{} using 1:2 with points pt 7 ps 0.35 lc rgb '{}' {}", data, kColours[k],
                          title);
    case Shape::forest:
      break;
  }
  return base::format("{} using 1:2:3:4 with xerrorbars {} {}", data, error, title);
}

struct Legend {
  size_t columns = 1, rows = 1;
};

Legend legend(const std::vector<Series>& series, const Room& room) {
  size_t longest = 1;
  for (const Series& s : series) longest = std::max(longest, s.name.size());
  Legend l{.columns = std::clamp<size_t>(room.legend_letters / (longest + 7), 1, series.size())};
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

// Places along an axis of length 1.
class Scale {
 public:
  explicit Scale(const PlotAxis& axis)
      : logarithmic_(axis.logarithmic), low_(axis.range[0]), high_(axis.range[1]) {}
  double place(double value) const {
    return logarithmic_ ? std::log(value / low_) / std::log(high_ / low_)
                        : (value - low_) / (high_ - low_);
  }
  double value(double place) const {
    return logarithmic_ ? low_ * std::pow(high_ / low_, place) : low_ + place * (high_ - low_);
  }

 private:
  bool logarithmic_;
  double low_, high_;
};

// Moves places apart until none is nearer to the next than `apart`; those that are too near stand
// around their mean.
std::vector<double> spread(const std::vector<double>& places, double apart) {
  std::vector<size_t> order(places.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return places[i]; });
  struct Group {
    double sum;
    size_t count;
    double middle() const { return sum / static_cast<double>(count); }
    double width(double each) const { return each * static_cast<double>(count - 1); }
  };
  std::vector<Group> groups;
  for (const size_t i : order) {
    groups.push_back({.sum = places[i], .count = 1});
    while (groups.size() > 1 &&
           groups.back().middle() - groups.end()[-2].middle() <
               apart + (groups.back().width(apart) + groups.end()[-2].width(apart)) / 2) {
      const Group right = groups.back();
      groups.pop_back();
      groups.back() = {groups.back().sum + right.sum, groups.back().count + right.count};
    }
  }
  std::vector<double> moved(places.size());
  size_t next = 0;
  for (const Group& group : groups)
    for (size_t k = 0; k < group.count; ++k)
      moved[order[next++]] =
          group.middle() - group.width(apart) / 2 + apart * static_cast<double>(k);
  return moved;
}

// The series, with error bars that would lie on each other moved apart along x.
std::vector<Series> moved_apart(const Plot& plot, const Room& room) {
  std::vector<Series> all = plot.series;
  std::vector<double*> values;
  for (Series& s : all)
    if (const Shape shape = s.shape.value_or(plot.shape);
        (shape == Shape::bars || shape == Shape::points) && !s.low.empty())
      for (double& x : s.x) values.push_back(&x);
  if (plot.x.range.empty() || values.size() < 2) return all;
  const Scale scale(plot.x);
  std::vector<double> places;
  for (const double* x : values) places.push_back(scale.place(*x));
  const std::vector<double> moved = spread(places, room.apart);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::abs(moved[i] - places[i]) > 1e-9) *values[i] = scale.value(moved[i]);
  return all;
}

// A forest is as high as its rows, which names of several lines make higher.
int plot_height(const Plot& plot, const Room& room) {
  if (plot.shape != Shape::forest) return static_cast<int>(room.height * plot.height);
  size_t lines = 1;
  for (const auto& [name, place] : plot.y.places)
    lines = std::max(lines, count_lines(name, room.name_letters));
  return plot.height + kLine * static_cast<int>((lines - 1) * plot.y.places.size());
}

}  // namespace

std::string draw(const Plot& plot, const std::string& name, FigureWidth width) {
  const Room& room = room_of(width);
  const std::vector<Series> series = moved_apart(plot, room);
  const Legend key = legend(series, room);
  std::string text = base::format(
      "set key outside bottom center horizontal Left reverse maxcols {} samplen {} height 1 font "
      "',{}'\n"
      "set style fill transparent solid 0.15 noborder\nset border 3\nset tics nomirror\n"
      "set grid lc rgb '#e4e4e4' lt 1\n{}",
      key.columns, room.has_title ? 3 : 2, room.letter - 1, title_line(plot.title, room));
  text += axis("x", plot.x, room) + axis("y", plot.y, room) + guides(plot);
  const auto shape = [&](const Series& s) { return s.shape.value_or(plot.shape); };
  for (size_t i = 0; i < series.size(); ++i) text += block(series[i], i, shape(series[i]));
  text += "plot ";
  for (size_t i = 0; i < series.size(); ++i)
    text += (i == 0 ? "" : ", ") + pieces(series[i], i, shape(series[i]), room);
  const int height = plot_height(plot, room) + kRow * static_cast<int>(key.rows + 1);
  return gnuplot(canvas(name, plot.title, room, height), text + "\n");
}

void arrange(PlotMatrix& matrix) {
  const std::vector<size_t> rows = cluster_order(matrix.values);
  const size_t count = matrix.columns.size();
  std::vector<std::vector<double>> columns(count);
  for (size_t c = 0; c < count; ++c)
    for (const auto& row : matrix.values) columns[c].push_back(row[c]);
  const std::vector<size_t> across = matrix.columns == matrix.rows ? rows : cluster_order(columns);
  const PlotMatrix before = matrix;
  for (size_t r = 0; r < rows.size(); ++r) {
    matrix.rows[r] = before.rows[rows[r]];
    for (size_t c = 0; c < count; ++c) matrix.values[r][c] = before.values[rows[r]][across[c]];
  }
  for (size_t c = 0; c < count; ++c) matrix.columns[c] = before.columns[across[c]];
  matrix.has_numbers = std::max(rows.size(), count) <= kMostNumbered;
}

std::string draw(const PlotMatrix& matrix, const std::string& name, FigureWidth width) {
  const Room& room = room_of(width);
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
  const int small = room.has_title ? 11 : 9;  // pixels of a letter
  std::string text = base::format(
      "{}set cblabel {}\nset palette defined (0 '#5b9bd0', 1 '#f7f7f7', 2 '#d6604d')\n"
      "set cbrange [{}:{}]\nset style fill solid noborder\nset tics scale 0 nomirror font ',{}'\n"
      "set border 0\nset key off\n",
      title_line(matrix.title, room), gnuplot_text(matrix.colour_label), matrix.range[0],
      matrix.range[2], small);
  text += axis("x", x, room) + axis("y", y, room);
  // Slanted names of many columns would lie on each other.
  const bool slanted = room.has_title && matrix.columns.size() <= kMostNumbered;
  text += base::format("set xtics rotate by {} right\n$m << EOD\n", slanted ? 40 : 90);
  for (size_t r = 0; r < matrix.rows.size(); ++r)
    for (size_t c = 0; c < matrix.columns.size(); ++c)
      if (const double v = matrix.values[r][c]; std::isfinite(v))
        text += base::format("{} {} {} {:.{}f}\n", c + 1, r + 1,
                             std::clamp(v, matrix.range[0], matrix.range[2]),
                             unsigned_zero(v, matrix.decimals), matrix.decimals);
  text += "EOD\nplot $m using 1:2:(0.48):(0.48):3 with boxxyerror fc palette";
  const bool fits = room.has_title || matrix.columns.size() <= kMostPhoneColumns;
  if (matrix.has_numbers && fits)
    text += base::format(", $m using 1:2:(stringcolumn(4)) with labels font ',{}'", small - 2);
  const int height = 200 + 5 * static_cast<int>(std::min(longest, kLongestLabel)) +
                     20 * static_cast<int>(matrix.rows.size());
  return gnuplot(canvas(name, matrix.title, room, height), text + "\n");
}

}  // namespace lorahub::report
