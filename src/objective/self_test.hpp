// A module's self-tests: inputs and what the base with this module alone answers.
#pragma once
#include <span>
#include <string>

#include "lora/module_card.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {

// Makes self-tests of the answers that the module gives now, so that failure() can compare later
// answers with them.
std::vector<lora::SelfTest> make_tests(const LoadedModel& loaded, const lora::Module& module,
                                       std::span<const std::string> inputs);

// "" when the module answers all tests as its card says; else the first that differs.
std::string failure(const LoadedModel& loaded, const lora::Module& module,
                    const lora::ModuleCard& card);

}  // namespace lorahub::objective
