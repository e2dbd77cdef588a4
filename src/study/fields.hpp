// Knobs in YAML: which entries are knobs, and their values read into a trial.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "study/document.hpp"
#include "study/knobs.hpp"

namespace lorahub::study {

// The entries as knobs: `search: {budget: 40}` becomes `search.budget: 40`. Error for an unknown
// knob, with the nearest one, and for a knob given twice in either spelling.
std::vector<Entry> knob_entries(const std::vector<Entry>& given);
void check_known(const Entry& entry);

// KEY=VALUE words as knobs. Error for an unknown knob and for one that is given twice.
std::vector<Entry> setting_entries(
    const std::vector<std::pair<std::string, std::string>>& settings);

// An error's words about a name that no knob has, with the nearest one: "search.budget" for
// "budget".
std::string unknown_knob(const std::string& name);

// Reads the value into the knob's field of the trial; `auto` is the default of a number or a
// choice. Error that names the value's place.
void read(const Knob& knob, const Value& value, Trial& trial);

using Values = std::map<std::string, Value>;  // by knob
// Reads each value into its field, in the order of the table.
void assign(const Values& values, Trial& trial);

}  // namespace lorahub::study
