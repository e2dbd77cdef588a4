// Runs gnuplot and makes its SVG fit to stand in a page.
#pragma once
#include <string>

namespace lorahub::report {

struct Canvas {
  std::string name;   // prefix of the ids, so that several figures may share a page
  std::string title;  // read out instead of the picture
  int width = 0, height = 0;
};

// Error when gnuplot is not there or refuses the commands.
std::string gnuplot(const Canvas& canvas, const std::string& commands);

}  // namespace lorahub::report
