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
  bool slopes = false;      // computes the gradient of that loss by all weights at w = 0
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
    {.by = RetrieveBy::slope, .word = "slope", .slopes = true},
});

static_assert(
    [] {
      for (size_t i = 0; i < kRetrievals.size(); ++i)
        if (static_cast<size_t>(kRetrievals[i].by) != i) return false;
      return true;
    }(),
    "Every way has one row, in the order of the enumeration.");

// It reads a loss on the shots.
constexpr bool has_loss(const RetrievalInfo& way) { return way.probes || way.slopes; }

constexpr const RetrievalInfo& info(RetrieveBy by) {
  return kRetrievals.at(static_cast<size_t>(by));
}

}  // namespace lorahub::study
