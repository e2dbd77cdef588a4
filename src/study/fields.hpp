// One table of the knobs: how each is read from YAML into a trial and written as a column.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "study/document.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

struct Knob {
  std::string name;
  std::function<void(const Value&, Trial&)> read;
  std::function<std::string(const Trial&)> write;  // none: no column (`seed` stands for three)
};

// In the order in which they are read (`seed` before seed.modules, so that the specific one wins),
// and of the columns.
const std::vector<Knob>& knobs();

// Entries that are knobs; `search: {budget: 40}` becomes `search.budget: 40`. Error for an unknown
// one, with the nearest, and for one that is given twice, whatever its spelling.
std::vector<Entry> knob_entries(const std::vector<Entry>& given);
void check_known(const Entry& entry);
std::string nearest_knob(const std::string& key);  // search.budget for "budget"

using Values = std::map<std::string, Value>;  // by knob
// Reads each value into its field; Error with the value's place.
void assign(const Values& values, Trial& trial);

}  // namespace lorahub::study
