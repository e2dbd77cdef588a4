// The ways to narrow the candidates before a search: one row each, from which the words of YAML and
// what a way reads come. The code that chooses is in run/rank/retrieval.cpp.
#pragma once
#include <array>

#include "study/choices.hpp"
#include "study/required.hpp"

namespace lorahub::study {

struct RetrievalInfo {
  RetrieveBy by;
  Required word;            // of YAML
  bool probes = false;      // computes the loss of each module alone on the shots
  bool reads_task = false;  // its name and shots, as texts
  bool reads_cards = false;
};

// In the order of the enumeration.
inline constexpr std::array kRetrievals = std::to_array<RetrievalInfo>({
    {.by = RetrieveBy::none, .word = "none"},
    {.by = RetrieveBy::probe, .word = "probe", .probes = true},
    {.by = RetrieveBy::similarity, .word = "similarity"},
    {.by = RetrieveBy::text, .word = "text", .reads_task = true, .reads_cards = true},
    {.by = RetrieveBy::norm, .word = "norm"},
});

static_assert(
    [] {
      for (size_t i = 0; i < kRetrievals.size(); ++i)
        if (static_cast<size_t>(kRetrievals[i].by) != i) return false;
      return true;
    }(),
    "Every way has one row, in the order of the enumeration.");

constexpr const RetrievalInfo& info(RetrieveBy by) {
  return kRetrievals.at(static_cast<size_t>(by));
}

}  // namespace lorahub::study
