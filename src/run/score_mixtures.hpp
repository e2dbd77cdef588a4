// Losses of given weight vectors, or of the base alone, on rows of a task.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "lora/pool.hpp"
#include "objective/objective.hpp"
#include "run/lead/memory_warnings.hpp"

namespace lorahub::run {

// What is scored: each candidate is a weight vector, one weight a module of the pool.
struct Mixtures {
  lora::Pool pool;
  study::MixingRule rule;
  search::Population candidates;
};
struct ScoreRule {
  study::Precision precision = study::Precision::f32;
  study::Engine engine = study::Engine::fast;
  MemoryCheck memory_check = MemoryCheck::refuse;
};
struct Scored {
  std::vector<std::string> modules;  // [N]; none for the base
  std::vector<int> tokens;           // [K], of the rows' targets
  search::Sums sums;                 // [P, K], nat
  search::Losses losses;             // [P], nat a token, without a penalty
};

Scored score_base(const objective::LoadedModel& loaded, std::span<const model::Tokens> pairs);

// Error where the losses of these rows can't fit into the memory.
Scored score(const objective::LoadedModel& loaded, const Mixtures& mixtures,
             std::span<const model::Tokens> pairs, const ScoreRule& how);

}  // namespace lorahub::run
