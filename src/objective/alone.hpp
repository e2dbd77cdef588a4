// The base model with one module alone.
#pragma once
#include <span>
#include <vector>

#include "model/adapter.hpp"
#include "model/tokens.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {

// The base with one module at weight 1.
model::Adapter alone(const LoadedModel& loaded, const lora::Module& module);

// Cross-entropy sums of the pairs by the base with this adapter: one candidate.
search::Sums alone_sums(const LoadedModel& loaded, const model::Adapter& adapter,
                        std::span<const model::Tokens> pairs);

// Tokens of each pair's target, as reduce() takes them.
std::vector<int> target_lengths(std::span<const model::Tokens> pairs);

// The official loss of the base with this adapter, without penalty.
double official_loss(const LoadedModel& loaded, const model::Adapter& adapter,
                     std::span<const model::Tokens> pairs);

// The loss of one module alone: official, without penalty. One thread.
double single_loss(const LoadedModel& loaded, const lora::Module& module,
                   std::span<const model::Tokens> pairs);

}  // namespace lorahub::objective
