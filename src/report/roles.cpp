#include "report/roles.hpp"

#include <algorithm>

#include "report/compare.hpp"

namespace lorahub::report {

study::ReportRole role_of(const std::string& method) {
  const study::MethodInfo* const known = study::find_method(method);
  return known == nullptr ? study::ReportRole::other : known->role;
}

std::vector<std::string> methods_of(study::ReportRole role) {
  std::vector<std::string> words;
  for (const study::MethodInfo& row : study::kMethods)
    if (row.role == role) words.emplace_back(row.word);
  return words;
}

std::string word_of(study::ReportRole role) { return methods_of(role).at(0); }

std::string phrase_of(study::ReportRole role) {
  const std::string word = word_of(role);
  const std::string_view phrase = study::find_method(word)->phrase;
  return phrase.empty() ? word : std::string(phrase);
}

std::vector<std::string> controls() {
  std::vector<std::string> words;
  for (int role = 0; role < static_cast<int>(study::ReportRole::composition); ++role)
    std::ranges::move(methods_of(static_cast<study::ReportRole>(role)), std::back_inserter(words));
  return words;
}

std::vector<std::string> coloured() {
  auto rows = study::kMethods;
  std::ranges::stable_sort(rows, {}, &study::MethodInfo::colour);
  std::vector<std::string> words;
  for (const study::MethodInfo& row : rows)
    if (row.colour > 0) words.emplace_back(row.word);
  return words;
}

bool is_searched_composition(const std::string& method) {
  const study::MethodInfo* const known = study::find_method(method);
  return known != nullptr && known->role == study::ReportRole::composition && known->uses_search;
}

const Condition* control(const Summary& summary, const Condition& condition,
                         study::ReportRole role) {
  return control(summary, condition, word_of(role));
}

}  // namespace lorahub::report
