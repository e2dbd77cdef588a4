// Studies' results as a report: research questions, answers with their uncertainty, figures,
// tables.
#pragma once
#include <vector>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// One section a study, then one a research question and study that can answer it, then how to read
// the numbers. Studies of equal names are numbered.
Report make_report(const std::vector<Summary>& studies);

// What a terminal shows: the studies' sections, without figures.
std::string brief(const std::vector<Summary>& studies);

}  // namespace lorahub::report
