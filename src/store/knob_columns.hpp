// The columns of /runs that hold the knobs of the study.
#pragma once
#include "store/hdf5.hpp"
#include "store/hdf5_table.hpp"

namespace lorahub::store {

// The column of /runs that holds a knob: search_budget of search.budget, so that it is an
// identifier in pandas, R and PyTables.
std::string column_of(std::string knob);

struct NamedKnob {
  std::string column, knob;
};
std::vector<NamedKnob> knob_names(const TableReader& runs);  // of a file, in its order

// A column holds numbers when its knob is one of numbers and all its values are numbers; else it
// holds texts.
struct KnobColumn {
  Column column;
  std::vector<std::string> values;  // one a run, "" missing
};
std::vector<KnobColumn> knob_columns(
    const std::vector<PlannedTrial>& runs);     // in the order of their first appearance
Cell cell(const KnobColumn& knob, size_t run);  // refers to the knob's text

}  // namespace lorahub::store
