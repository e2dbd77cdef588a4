// Differences to the base model, task by task.
#pragma once
#include <optional>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// The note that explains an interval and a p of one task.
inline constexpr const char* kTaskNote =
    "A task: 95 % interval over its test rows and its draws; in the table, p of McNemar's test "
    "over rows, for these draws alone (Holm over the table; a row counts for the side that has it "
    "right in more draws).";

// The figure: each condition against zero_shot, on each task and pooled.
Figure forest(const Summary& summary);

// Compositions against best_single on each task, by the answers to the same rows: interval over
// rows and draws, McNemar's test with Holm's correction.
std::optional<Table> by_task(const Summary& summary);

}  // namespace lorahub::report
