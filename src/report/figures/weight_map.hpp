// A picture of the weights that trials have chosen.
#pragma once
#include <optional>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// Which module helps what: weights by module and task. With chosen weights in the study.
std::optional<Figure> weight_map(const Summary& summary);

}  // namespace lorahub::report
