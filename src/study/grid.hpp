// The grid of a study: lists of values in, points (one value a knob) out.
#pragma once
#include <vector>

#include "study/document.hpp"

namespace lorahub::study {

using Point = std::vector<Entry>;
using Axis =
    std::vector<Point>;  // the points of one axis; of several keys where they move together

Axis axis(const Entry& list);                    // one key. Error: no list, or an empty one
Axis together(const std::vector<Entry>& lists);  // `zip`. Error: lists of unequal length
std::vector<Point> product(const std::vector<Axis>& axes);  // Cartesian, the last axis fastest

}  // namespace lorahub::study
