// Studies' results as a report: research questions, answers with their uncertainty, figures,
// tables.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// One section a study, then one a research question and study that can answer it, then how to read
// the numbers. Studies of equal names are numbered.
// `progress` is called before each part, since bootstraps of a large study take long.
using ReportProgress = std::function<void(double done, const std::string& part)>;  // done in [0, 1)
Report make_report(const std::vector<Summary>& studies, const ReportProgress& progress = {});

// What a terminal shows: the studies' sections, without figures.
std::string brief(const std::vector<Summary>& studies, const ReportProgress& progress = {});

}  // namespace lorahub::report
