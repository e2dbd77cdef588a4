#include "objective/self_test.hpp"

#include "base/text.hpp"
#include "objective/alone.hpp"

namespace lorahub::objective {

std::vector<lora::SelfTest> make_tests(const LoadedModel& loaded, const lora::Module& module,
                                       std::span<const std::string> inputs) {
  const auto answers = answer(loaded, alone(loaded, module), inputs, {});
  std::vector<lora::SelfTest> tests;
  for (size_t i = 0; i < inputs.size(); ++i)
    tests.push_back({.input = inputs[i], .answer = answers[i]});
  return tests;
}

std::string failure(const LoadedModel& loaded, const lora::Module& module,
                    const lora::ModuleCard& card) {
  const model::Adapter adapter = alone(loaded, module);
  for (const lora::SelfTest& test : card.tests) {
    const auto now =
        answer(loaded, adapter, std::vector{test.input}, {.max_tokens = test.max_tokens}).front();
    if (now != test.answer)
      return base::format("'{}' is answered '{}', not '{}' as the card says", test.input, now,
                          test.answer);
  }
  return "";
}

}  // namespace lorahub::objective
