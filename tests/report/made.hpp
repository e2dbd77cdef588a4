// Made-up findings for the tests of this folder.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "report/summary.hpp"

namespace lorahub::report {

using Knobs = std::map<std::string, std::string>;

// A trial that is done. Ids are those of the knobs, so that equal trials are equal.
inline store::Finding finding(const std::string& method, const std::string& task, double accuracy,
                              const Knobs& more = {}) {
  store::Finding f;
  f.row.status = "done";
  f.row.knobs = {{"method", method}, {"task", task}};
  for (const auto& [name, value] : more) f.row.knobs[name] = value;
  for (const auto& [name, value] : f.row.knobs) f.row.id += name + "=" + value + ";";
  f.row.accuracy = accuracy;
  f.row.test_rows = 100;
  f.row.counts.evaluations = 40;
  f.row.timing.search = 1;
  return f;
}

// "1" for all three seeds, as far as the method reads them.
inline Knobs seeds(int seed) {
  const std::string s = std::to_string(seed);
  return {{"seed.modules", s}, {"seed.shots", s}, {"seed.search", s}};
}

inline Summary summary_of(std::vector<store::Finding> trials) {
  return summarise({{.study = "s", .question = "q?", .trials = std::move(trials)}});
}

}  // namespace lorahub::report
