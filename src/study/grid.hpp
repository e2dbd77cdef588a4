// The grid of a study: from lists of values it makes points, which have one value for each knob.
#pragma once
#include <vector>

#include "study/document.hpp"

namespace lorahub::study {

using GridPoint = std::vector<Entry>;
using GridAxis =
    std::vector<GridPoint>;  // the points of one axis; of several keys where they move together

GridAxis axis(const Entry& list);                    // one key. Error: no list, or an empty one
GridAxis together(const std::vector<Entry>& lists);  // `zip`. Error: lists of unequal length
// Cartesian, the last axis fastest. Error: more points than a plan may have.
inline constexpr size_t kMostPoints = 100'000;
std::vector<GridPoint> product(const std::vector<GridAxis>& axes);

}  // namespace lorahub::study
