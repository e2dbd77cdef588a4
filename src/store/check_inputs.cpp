#include "store/check_inputs.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "store/same_inputs.hpp"
#include "store/validity.hpp"

namespace lorahub::store {
namespace {

// Inputs of equal names must have equal hashes.
void check_hashes(const CheckedContent& content, Problems& problems) {
  SameInputs seen;
  for (const ResultRow& row : content.results.rows) {
    const auto inputs = content.inputs.find(row.id);
    if (inputs == content.inputs.end()) continue;
    for (const auto& [name, hash] : inputs->second)
      if (!is_sha256(hash))
        problems.push_back(base::format("trial {}: the hash of {} is no SHA-256", row.id, name));
    const std::string other = seen.add(inputs->second, row.knobs, "trial " + row.id);
    if (!other.empty())
      problems.push_back(
          base::format("trials have read different files under one name: {}", other));
  }
}

// The inputs of which a trial that is done has recorded hashes.
std::vector<std::string> read_by(const CheckedContent& content, const std::string& id) {
  std::vector<std::string> names{"model", "test"};
  if (content.shots.contains(id)) names.emplace_back("shots");
  if (const auto weights = content.results.weights.find(id);
      weights != content.results.weights.end())
    for (const auto& [module, weight] : weights->second) names.push_back("module " + module);
  return names;
}

void check_complete(const CheckedContent& content, Problems& problems) {
  for (const ResultRow& row : content.results.rows) {
    const auto inputs = content.inputs.find(row.id);
    if (row.status != "done" || inputs == content.inputs.end()) continue;
    for (const std::string& name : read_by(content, row.id))
      if (!inputs->second.contains(name))
        problems.push_back(base::format("trial {}: the hash of {} is not recorded", row.id, name));
  }
}

bool same_row(const Answer& a, const Answer& b) {
  return a.target == b.target && a.input_sha256 == b.input_sha256;
}

// Test rows of one hash have the same inputs and targets, in the same order.
void check_test_rows(const CheckedContent& content, Problems& problems) {
  std::map<std::string, std::pair<std::string, const std::vector<Answer>*>> seen;
  for (const auto& [id, answers] : content.results.answers) {
    const auto inputs = content.inputs.find(id);
    if (inputs == content.inputs.end() || !inputs->second.contains("test")) continue;
    const auto& [first, rows] =
        seen.try_emplace(inputs->second.at("test"), id, &answers).first->second;
    if (!std::ranges::equal(*rows, answers, same_row))
      problems.push_back(base::format(
          "trial {}: its test rows are not those of trial {}, although both have one hash", id,
          first));
  }
}

}  // namespace

void check_inputs(const CheckedContent& content, Problems& problems) {
  check_hashes(content, problems);
  check_complete(content, problems);
  check_test_rows(content, problems);
}

}  // namespace lorahub::store
