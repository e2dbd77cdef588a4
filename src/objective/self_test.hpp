// A module's self-tests: inputs and what the base with this module alone answers.
#pragma once
#include <span>
#include <string>

#include "lora/card.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {

// The answers of now, to be compared with later.
std::vector<lora::SelfTest> make_tests(const LoadedModel& machine, const lora::Module& module,
                                       std::span<const std::string> inputs);

// "" when the module answers all tests as its card says; else the first that differs.
std::string failure(const LoadedModel& machine, const lora::Module& module, const lora::Card& card);

}  // namespace lorahub::objective
