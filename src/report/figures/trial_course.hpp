// The course of one trial's search: each candidate's loss, the best so far, and what CMA-ES drew
// its candidates from.
#pragma once
#include <string>
#include <vector>

#include "report/report_document.hpp"
#include "store/hdf5.hpp"
#include "store/trace.hpp"

namespace lorahub::report {

// The trial whose id begins with `id`, of those of a study's files. Error where there is none or
// several, where it is not done, and where it ran no search.
const store::Finding& find_trial(const std::vector<store::Finding>& trials, const std::string& id);

Report trial_report(const store::Finding& trial, const store::SearchState& state);

}  // namespace lorahub::report
