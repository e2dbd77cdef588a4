// A module's self-tests: inputs and what the base with this module alone answers.
#pragma once
#include <span>
#include <string>

#include "lora/card.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

// The base with one module at weight 1.
t5::Adapter alone(const objective::Machine& machine, const lora::Module& module);

// Cross-entropy sums of the pairs by the base with this adapter: one candidate.
search::Sums alone_sums(const objective::Machine& machine, const t5::Adapter& adapter,
                        std::span<const t5::Pair> pairs);

// The answers of now, to be compared with later.
std::vector<lora::SelfTest> make_tests(const objective::Machine& machine,
                                       const lora::Module& module,
                                       std::span<const std::string> inputs);

// "" when the module answers all tests as its card says; else the first that differs.
std::string failure(const objective::Machine& machine, const lora::Module& module,
                    const lora::Card& card);

}  // namespace lorahub::run
