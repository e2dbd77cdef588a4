// Runs gnuplot and makes its SVG fit to stand in a page.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::report {

struct Canvas {
  std::string name;   // prefix of the ids, so that several figures may share a page
  std::string title;  // read out instead of the picture
  int width = 0, height = 0;
  int letter = 13;  // pixels, size of the text
};

// A literal of gnuplot's that shows `text`, on one line, and shortened where it is very long. All
// but letters, digits and a few harmless signs are octal escapes, so that gnuplot sees no quote,
// backtick, macro or line break, whatever `text` holds.
std::string gnuplot_text(std::string_view text);

// The same for a place that gnuplot reads as a format of numbers (a name of a tic): % is doubled.
std::string gnuplot_format_text(std::string_view text);

// Both again, on several lines of up to `letters` letters, broken at blanks and behind "_".
std::string gnuplot_lines(std::string_view text, size_t letters);
std::string gnuplot_format_lines(std::string_view text, size_t letters);
size_t count_lines(std::string_view text, size_t letters);

// Runs the commands and returns the SVG. Names that users chose must go into `commands` through the
// two functions above. Error when gnuplot is missing or refuses the commands.
std::string gnuplot(const Canvas& canvas, const std::string& commands);

}  // namespace lorahub::report
