// The losses of a study: one row each, from which the words of YAML, what a loss reads, and the
// unit of every loss that is recorded or shown come. How each is computed stands in
// objective/loss_kinds.cpp.
#pragma once
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "study/choices.hpp"
#include "study/required.hpp"

namespace lorahub::study {

struct LossInfo {
  LossKind loss;
  Required word;  // of YAML and result files
  Required unit;  // "1": a pure number
  bool reads_answers = false;
  bool has_gradient = false;
};

// In the order of the enumeration.
inline constexpr std::array kLosses = std::to_array<LossInfo>({
    {.loss = LossKind::official, .word = "official", .unit = "nat", .has_gradient = true},
    {.loss = LossKind::token_mean, .word = "token_mean", .unit = "nat", .has_gradient = true},
    {.loss = LossKind::example_mean, .word = "example_mean", .unit = "nat", .has_gradient = true},
    {.loss = LossKind::accuracy, .word = "accuracy", .unit = "1", .reads_answers = true},
    {.loss = LossKind::similarity, .word = "similarity", .unit = "1", .reads_answers = true},
    {.loss = LossKind::ask, .word = "ask", .unit = "unit of its program"},
});

static_assert(
    [] {
      for (size_t i = 0; i < kLosses.size(); ++i)
        if (static_cast<size_t>(kLosses[i].loss) != i) return false;
      return true;
    }(),
    "Every loss has one row, in the order of the enumeration.");

constexpr const LossInfo& info(LossKind loss) { return kLosses.at(static_cast<size_t>(loss)); }

// The unit of a trial's losses by its columns `loss` and `method` (study::columns): of the loss
// that it reads, or of the official one where it has a loss and reads none. "" for a trial without
// a loss.
std::string_view loss_unit(const std::map<std::string, std::string>& columns);

// The units of several trials' losses, without those that have none: "nat", or "nat or 1" where
// they differ.
std::string loss_units(const std::vector<std::map<std::string, std::string>>& trials);

}  // namespace lorahub::study
