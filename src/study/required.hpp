// Cells that a row of a table cannot leave out: a row without them does not compile.
#pragma once
#include <string_view>

namespace lorahub::study {

// A text that is not empty.
struct Required : std::string_view {
  consteval Required(const char* text) : std::string_view(text) {
    if (empty()) throw "A row of the table leaves a required text empty.";
  }
};

}  // namespace lorahub::study
