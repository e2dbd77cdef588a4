// The result file of a study, rebuilt from its journals. results/README.md describes its layout.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/journal.hpp"
#include "study/trial.hpp"

namespace lorahub::store {

// Writes `file` (temporary file, fsync, rename). `planned`: trials of the study in order, with
// their columns; those without a record are listed in /runs with status "missing", "running" or
// "failed".
struct PlannedTrial {
  std::string id;
  std::vector<std::pair<std::string, std::string>> knobs;
};
void write_hdf5(const std::filesystem::path& file, const History& history,
                const std::vector<PlannedTrial>& planned);

// What `report` needs: the numbers of each trial, without the texts of its answers.
struct Finding {
  ResultRow row;
  bool planned = true;  // in the plan of the last run
  std::string origin;   // that of the start that made it (store/origin.hpp); "": not known
  std::string failure;  // why it failed
  std::vector<int> test_rows;
  std::vector<char> hits;           // one for each test row
  int dropped = 0;                  // test rows left out since they equal a shot
  std::vector<std::string> faults;  // causes of candidates that could not be evaluated
  std::vector<int> generations;     // [E] of each candidate, from 0
  std::vector<double> losses;       // [E]
  std::vector<std::pair<std::string, double>> weights;  // module, weight
};
struct ResultFindings {
  std::string study, question;
  std::string created_utc;                         // start of the last run
  std::map<std::string, std::string> environment;  // of the last start
  std::vector<Finding> trials;
};
ResultFindings read_findings(const std::filesystem::path& file);

// What is wrong inside a result file.
struct CheckResult {
  std::vector<std::string> problems;  // empty: it is whole
  std::vector<std::string> notes;     // worth knowing, and no fault of the file
};
using IsHit = std::function<bool(const std::string& answer, const std::string& target)>;
// The loss of a trial's weights from cross entropies and target tokens of its shots, [K]; NaN where
// the loss depends on more than these.
using LossOf = std::function<double(const study::Trial&, std::span<const double> weights,
                                    std::span<const double> sums, std::span<const int> tokens)>;
// Rules that src/store does not know itself. What a null rule would decide is not checked.
struct TaskRules {
  IsHit is_hit;
  LossOf loss_of = nullptr;
};

// Checks schema, digest, ids against knobs, hashes, counts, hits and accuracy against the answers,
// that shots are no test rows, losses against the cross entropies of the shots, recorded searches
// by running them again, and completeness. Damage becomes a problem, even where HDF5 crashes on it.
// Error when there is no such file.
CheckResult check_hdf5(const std::filesystem::path& file, const TaskRules& rules);

}  // namespace lorahub::store
