// Choices among a summary's conditions that sections and figures share.
#pragma once
#include <string>
#include <vector>

#include "report/summary.hpp"

namespace lorahub::report {

// Name of a figure's file and of its place in a page: "minilab", "minilab-forest".
std::string figure_name(const Summary& summary, const std::string& what);

// Conditions of a method, in the study's order.
std::vector<const Condition*> of_method(const Summary& summary, const std::string& method);
// The compositions of the study: conditions of lorahub and gradient.
std::vector<const Condition*> compositions(const Summary& summary);
// At most as many conditions as a figure can tell apart (those of least `place`), in the study's
// order.
std::vector<const Condition*> shown(const std::vector<const Condition*>& conditions);
inline constexpr size_t kMostSeries = 8;
inline constexpr size_t kMostNamed = 4;  // conditions in a sentence
// For the caption: " 8 of 12 conditions are drawn.", or nothing.
std::string left_out(const std::vector<const Condition*>& conditions);

}  // namespace lorahub::report
