// Which numbers a knob takes, and numbers as text.
#pragma once
#include <limits>
#include <string>

namespace lorahub::study {

struct Limits {
  int least = 0, most = std::numeric_limits<int>::max();
};

enum class Range {
  any,
  positive,
  from_zero,
  rate,     // of dropout: from zero, below one
  fraction  // above zero, up to one
};

std::string shortest(double x);  // the shortest text that reads back as the same number

}  // namespace lorahub::study
