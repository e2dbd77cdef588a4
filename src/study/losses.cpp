#include "study/losses.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "study/methods.hpp"

namespace lorahub::study {
namespace {

std::string_view column_value(const std::map<std::string, std::string>& columns, const char* name) {
  const auto found = columns.find(name);
  return found == columns.end() ? std::string_view() : found->second;
}

}  // namespace

std::string_view loss_unit(const std::map<std::string, std::string>& columns) {
  const std::string_view word = column_value(columns, "loss");
  const auto* const loss = std::ranges::find(kLosses, word, &LossInfo::word);
  if (loss != kLosses.end()) return loss->unit;
  const MethodInfo* const method = find_method(column_value(columns, "method"));
  const bool has_loss =
      method != nullptr && (method->measures_candidates || method->trains != Trains::nothing);
  return has_loss ? std::string_view(info(LossKind::official).unit) : std::string_view();
}

std::string loss_units(const std::vector<std::map<std::string, std::string>>& trials) {
  std::vector<std::string> units;
  for (const LossInfo& loss : kLosses) {
    const bool has_it = std::ranges::any_of(
        trials, [&](const auto& columns) { return loss_unit(columns) == loss.unit; });
    if (has_it && std::ranges::count(units, std::string(loss.unit)) == 0)
      units.emplace_back(loss.unit);
  }
  return units.empty() ? std::string(info(LossKind::official).unit) : base::join(units, " or ");
}

}  // namespace lorahub::study
