// How far apart two runs of the same thing may be: test rows and search seeds.
#pragma once
#include <vector>

#include "report/report_document.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

// The standard error that the number of test rows gives one accuracy, and the spread between search
// seeds where the same trial was run with several.
std::vector<DocumentBlock> noise(const Summary& summary);

}  // namespace lorahub::report
