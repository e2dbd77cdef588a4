// The course of one search as arrays with dimension scales, which xarray opens.
#pragma once
#include <filesystem>

#include "store/handles.hpp"
#include "store/record.hpp"

namespace lorahub::store {

// What each step of CMA-ES drew its candidates from, for each of its runs side by side.
struct SearchState {
  hsize_t steps = 0, runs = 0;  // 0: the search is not CMA-ES, or the file is an older one
  std::vector<double> sigma, axis_ratio;  // [steps * runs]
  std::vector<double> mean;               // [steps * runs * modules]
  bool operator==(const SearchState&) const = default;
};
SearchState state_of(const std::vector<std::vector<search::Distribution>>& drawn_from);

// Writes a group named by `record.trial` with weights [evaluation, module], loss and generation
// [evaluation], of CMA-ES also sigma and axis_ratio [step, run] and mean [step, run, module], and
// the scales evaluation, module, step and run. The state of CMA-ES is that of the search, run again
// on the recorded losses; NaN from where the search departs from the record.
void write_trace(hid_t parent, const Record& record);

struct TraceArrays {
  hsize_t evaluations = 0, modules = 0;
  std::vector<double> weights;  // [evaluations * modules]
  std::vector<double> losses;   // [evaluations]
  SearchState state;
};
TraceArrays read_trace(hid_t parent, const std::string& trial);  // Error when the shapes disagree

// The trace of one trial of a result file. Error when it has none, or as read_findings().
TraceArrays read_trace_of(const std::filesystem::path& file, const std::string& trial);

}  // namespace lorahub::store
