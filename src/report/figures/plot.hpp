// Figures as SVG, drawn by gnuplot. Colours: Okabe and Ito (2008), told apart by the colour-blind;
// series differ in dashes and marks too, for print without colour.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorahub::report {

struct PlotAxis {
  std::string label;  // with its unit
  bool logarithmic = false;
  std::vector<double> range;                           // {low, high}; empty: by the data
  std::vector<std::pair<std::string, double>> places;  // names instead of numbers
  std::string format;                                  // gnuplot's, of the numbers
};

// Error bars of `bars` and `points` are moved apart along x where they would lie on each other.
enum class Shape {
  lines,   // with marks; intervals as bands
  steps,   // a value holds until the next x; intervals as bands
  bars,    // lines with marks; intervals as error bars
  points,  // marks and error bars in y
  dots,    // small marks without intervals
  forest   // marks and error bars in x
};

struct Series {
  std::string name;
  size_t style = 0;                         // colour, dash and mark
  std::vector<double> x = {}, y = {};       // NaN: a gap
  std::vector<double> low = {}, high = {};  // of y (of x in a forest); empty: no interval
  std::optional<Shape> shape = {};          // where it is not that of the plot
};

struct Plot {
  std::string title;
  PlotAxis x, y;
  Shape shape = Shape::lines;
  std::vector<Series> series;
  std::vector<double> guides;  // thin lines: across y, in a forest across x
  int height = 420;            // pixels of a width of 720, without the legend
};

struct PlotMatrix {
  std::string title;
  std::string x_label, y_label, colour_label;
  std::vector<std::string> columns, rows;
  std::vector<std::vector<double>> values;  // [row][column], NaN: empty
  std::vector<double> range;                // colours: {low, middle, high}
  int decimals = 2;                         // of the numbers in the cells
  bool has_numbers = true;                  // in the cells
};

// Puts rows and columns into the order of a clustering (report/statistics/cluster_order.hpp), so
// that like ones are neighbours; equal names of rows and columns into one order. A matrix of more
// than 20 rows or columns loses the numbers in its cells, which nobody could read.
void arrange(PlotMatrix& matrix);

// For whom a figure is drawn: 720 pixels for a page, or the 366 that a phone of 390 shows.
enum class FigureWidth { page, phone };

// SVG elements to put into a page: a title, ids of their own (prefix `name`), no reference to
// anything outside. Error when gnuplot is not there.
std::string draw(const Plot& plot, const std::string& name, FigureWidth width = FigureWidth::page);
std::string draw(const PlotMatrix& matrix, const std::string& name,
                 FigureWidth width = FigureWidth::page);

}  // namespace lorahub::report
