// Reads a study from YAML and makes its trials. Every rank gets the same ones.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "study/setting.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

struct Study {
  std::string name;           // the file's, without .yaml
  std::string question;       // "" where the file has none
  std::string yaml;           // the file's text, for the record
  std::vector<Trial> trials;  // in the order of `vary`, last key fastest; equal trials (by id) once
};

// Reads a study and the pieces it uses (configs/<kind>/<name>.yaml, searched from the study's
// folder upwards, then in $LORAHUB_CONFIGS). `set` overrides the study's own `set` and `vary`.
// Error with file and line for whatever is wrong.
Study load(const std::filesystem::path& file, const std::vector<Setting>& set = {});

// Sets knobs of one trial by words, as --set does for a study. Error for an unknown knob or a value
// it does not take.
void apply(const std::vector<Setting>& settings, Trial& trial);

// The inverse of apply(): the knobs in which a trial differs from a default one. Applied to a
// default trial they give this trial again, but for its paths (where model, library and task lie),
// which are no knobs.
std::vector<Setting> settings(const Trial& trial);

// The trials for which each `only` holds (knob=value as in columns(), or seed=3: every seed that
// the trial reads); a knob given twice: either value. Error when a key is unknown or nothing is
// left.
std::vector<Trial> only(const std::vector<Trial>& trials, const std::vector<Setting>& only);

// The knobs that the trial's method reads, in fixed order, as (column name, text): the identity of
// the trial, and the columns of plan, report and HDF5. Numbers are written shortest-exact. A knob
// the method does not read is "".
std::vector<std::pair<std::string, std::string>> columns(const Trial& trial);
const std::vector<std::string>& column_names();

// The inverse of columns(), for their readers: the trial of these columns, by name. A knob whose
// column is missing or "" has its default, and a column of no known knob is passed over (a newer
// program wrote it). Error for a text that the knob does not take.
Trial trial_of(const std::map<std::string, std::string>& columns);

// The columns that the loss of a candidate depends on, as one text: trials of equal texts may share
// the losses of their candidates, and differ only in which are tried and how test rows are answered
// and scored.
std::string loss_identity(const Trial& trial);

std::string id(const Trial& trial);  // 16 hexadecimal digits of the SHA-256 of columns()
std::string id_of_columns(const std::vector<std::pair<std::string, std::string>>& columns);
// For people: "E1_isa_letter lorahub shots=5 seed 1". No two trials of one study have one label.
std::string label(const Trial& trial);
// Sets what the labels show (Trial::varied): of each method, the knobs that differ between its
// trials.
void tell_apart(std::vector<Trial>& trials);

}  // namespace lorahub::study
