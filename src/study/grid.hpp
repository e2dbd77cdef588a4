// The grid of a study: from lists of values it makes points, which have one value for each knob.
#pragma once
#include <vector>

#include "study/document.hpp"

namespace lorahub::study {

using Point = std::vector<Entry>;
using Axis =
    std::vector<Point>;  // the points of one axis; of several keys where they move together

Axis axis(const Entry& list);                    // one key. Error: no list, or an empty one
Axis together(const std::vector<Entry>& lists);  // `zip`. Error: lists of unequal length
// Cartesian, the last axis fastest. Error: more points than a plan may have.
inline constexpr size_t kMostPoints = 100'000;
std::vector<Point> product(const std::vector<Axis>& axes);

}  // namespace lorahub::study
