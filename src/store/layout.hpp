// The result file: its tables, their columns with units. results/README.md says the
// same to people.
#pragma once
#include "store/hdf5.hpp"
#include "store/hdf5_table.hpp"

namespace lorahub::store::layout {

Table evaluations();
Table answers();
Table weights();
Table shots();
Table dropped();
Table inputs();
Table resolved();
Table failures();
Table faults();
Table starts();
Table environment();

// Columns of /runs: identity, the knobs, results.
std::vector<Column> run_identity();
std::vector<Column> run_results();
std::vector<std::string> knob_names(const TableReader& runs);  // of a file, in its order

// A knob is a column of numbers when its name is that of a number and all its values can be one;
// else of texts.
struct Knob {
  Column column;
  std::vector<std::string> values;  // one a run, "" missing
};
std::vector<Knob> knobs(
    const std::vector<Planned>& runs);    // in the order of their first appearance
Cell cell(const Knob& knob, size_t run);  // refers to the knob's text

// Paths that every file has.
std::vector<std::string> tables();

}  // namespace lorahub::store::layout
