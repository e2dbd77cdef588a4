// What a study varies, and the paired differences along it: every pair of methods, and every step
// of a knob, that share draws.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/compare.hpp"
#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// An axis of the study: `method`, or a knob that takes several values within a method.
struct VariedKnob {
  std::string name;
  std::vector<std::string> values;  // numbers from small to large, words in the study's order
};
std::vector<VariedKnob> varied_knobs(const Summary& summary);

// Conditions that differ in the axis alone, as far as both read the other knobs, and share a task
// and a draw. Compositions come before what they are compared with, larger numbers before smaller
// ones; of more than four numbers, neighbours and both ends.
std::vector<std::pair<const Condition*, const Condition*>> pairs_along(const Summary& summary,
                                                                       const VariedKnob& axis);

// The differences along one axis in a sentence or two; "" where no pair shares draws.
std::string pairs_answer(const Summary& summary, const VariedKnob& axis);

// One table an axis. Nothing where no pair shares draws.
std::optional<Section> pairs_section(const Summary& summary);

}  // namespace lorahub::report
