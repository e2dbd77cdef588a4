// A study's results as text: question, answer with its uncertainty, tables; and as a figure.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "report/summary.hpp"

namespace lorahub::report {

// Two sentences from the numbers: the best condition against zero_shot and against the null
// control, with intervals.
std::string answer(const Summary& summary);

// Markdown, which also reads well on a terminal: columns are padded.
std::string markdown(const Summary& summary);

// Forest plot of the conditions' pooled accuracy with intervals, SVG, drawn by gnuplot. Error when
// gnuplot is not there.
void write_figure(const Summary& summary, const std::filesystem::path& file);

}  // namespace lorahub::report
