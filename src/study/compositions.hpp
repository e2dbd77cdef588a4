// The compositions: how weights of modules become one adapter. One row each, from which the words
// of YAML, what a composition reads and what it is refused for come. What is mixed is made in
// lora/ (mixer.hpp).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "study/choices.hpp"
#include "study/required.hpp"

namespace lorahub::study {

// Which values of a module's A and B are set to zero before they are mixed.
enum class Pruning {
  none,
  smallest,  // but for the `density` of largest magnitude in each A and B
  random     // each value is kept with probability `density`, and divided by it (DARE)
};

// What is mixed, and so what an adapter of the mixture has in memory.
enum class Mixes {
  factors,   // A and B each: one A and one B of the modules' rank for each candidate
  products,  // BA: all modules side by side, for all candidates
  cut,       // BA, cut to a rank by singular value decomposition for each candidate
  routed     // BA, the modules chosen for each token anew
};

struct CompositionInfo {
  Composition composition;
  Required word;  // of YAML, result files and the command line
  Mixes mixes;
  // PEFT's add_weighted_adapter: A gets sign(w) sqrt(|w| alpha/r), B sqrt(|w| alpha/r).
  bool as_in_peft = false;
  Pruning pruning = Pruning::none;
  // Of each value, those modules are averaged whose sign is that of the sum (TIES).
  bool elects_signs = false;
};

// In the order of the enumeration.
inline constexpr std::array kCompositions = std::to_array<CompositionInfo>({
    {.composition = Composition::factor, .word = "factor", .mixes = Mixes::factors},
    {.composition = Composition::product, .word = "product", .mixes = Mixes::products},
    {.composition = Composition::linear,
     .word = "linear",
     .mixes = Mixes::factors,
     .as_in_peft = true},
    {.composition = Composition::magnitude_prune,
     .word = "magnitude_prune",
     .mixes = Mixes::factors,
     .as_in_peft = true,
     .pruning = Pruning::smallest},
    {.composition = Composition::ties,
     .word = "ties",
     .mixes = Mixes::factors,
     .as_in_peft = true,
     .pruning = Pruning::smallest,
     .elects_signs = true},
    {.composition = Composition::dare_linear,
     .word = "dare_linear",
     .mixes = Mixes::factors,
     .as_in_peft = true,
     .pruning = Pruning::random},
    {.composition = Composition::dare_ties,
     .word = "dare_ties",
     .mixes = Mixes::factors,
     .as_in_peft = true,
     .pruning = Pruning::random,
     .elects_signs = true},
    {.composition = Composition::svd, .word = "svd", .mixes = Mixes::cut},
    {.composition = Composition::arrow, .word = "arrow", .mixes = Mixes::routed},
});

static_assert(
    [] {
      for (size_t i = 0; i < kCompositions.size(); ++i)
        if (static_cast<size_t>(kCompositions[i].composition) != i) return false;
      return true;
    }(),
    "Every composition has one row, in the order of the enumeration.");

constexpr const CompositionInfo& info(Composition composition) {
  return kCompositions.at(static_cast<size_t>(composition));
}

// Whether a module alone at weight 1 is that module (by svd: that module, cut to the rank).
constexpr bool keeps_a_module(Composition composition) {
  const CompositionInfo& row = info(composition);
  return row.pruning == Pruning::none && row.mixes != Mixes::routed;
}

// The words of the compositions for which keeps_a_module() holds. `adapt` takes these alone, since
// it compares its mixture with modules alone.
std::vector<std::string> compositions_that_keep_a_module();

// A composition with what it reads besides the weights. A composition converts to its rule with the
// defaults.
struct MixingRule {
  MixingRule(Composition word) : composition(word) {}
  MixingRule(Composition word, const CompositionSettings& more, uint64_t draw)
      : composition(word), settings(more), seed(draw) {}

  Composition composition;
  CompositionSettings settings = {};
  uint64_t seed = 1;  // of DARE's draw
};

struct Trial;
MixingRule mixing_rule(const Trial& trial);

// The composition and what it reads: "ties density=0.2".
std::string text(const MixingRule& rule);

}  // namespace lorahub::study
