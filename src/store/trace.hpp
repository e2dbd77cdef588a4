// The course of one search as arrays with dimension scales, which xarray opens.
#pragma once
#include "store/handles.hpp"
#include "store/record.hpp"

namespace lorahub::store {

// Writes a group named by `record.trial` with weights [evaluation, module], loss and generation
// [evaluation], and the scales evaluation and module.
void write_trace(hid_t parent, const Record& record);

struct TraceArrays {
  hsize_t evaluations = 0, modules = 0;
  std::vector<double> weights;  // [evaluations * modules]
  std::vector<double> losses;   // [evaluations]
};
TraceArrays read_trace(hid_t parent, const std::string& trial);  // Error when the shapes disagree

}  // namespace lorahub::store
