#include "run/self_test.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace lorahub::run {

namespace {
constexpr size_t kExamples = 16;  // computed together
}

t5::Adapter alone(const objective::Machine& machine, const lora::Module& module) {
  return lora::compose(lora::stack({module}, machine.network.config, machine.device),
                       std::vector{1.0}, study::Composition::product, machine.dtype());
}

search::Sums alone_sums(const objective::Machine& machine, const t5::Adapter& adapter,
                        std::span<const t5::Pair> pairs) {
  search::Sums sums{.examples = static_cast<int>(pairs.size()), .values = {}};
  for (size_t first = 0; first < pairs.size(); first += kExamples) {
    const auto some = pairs.subspan(first, std::min(kExamples, pairs.size() - first));
    const std::vector<double> values = t5::loss_sums(machine.network, adapter, some);
    sums.values.insert(sums.values.end(), values.begin(), values.end());
  }
  return sums;
}

std::vector<lora::SelfTest> make_tests(const objective::Machine& machine,
                                       const lora::Module& module,
                                       std::span<const std::string> inputs) {
  const auto answers = objective::answer(machine, alone(machine, module), inputs, {});
  std::vector<lora::SelfTest> tests;
  for (size_t i = 0; i < inputs.size(); ++i)
    tests.push_back({.input = inputs[i], .answer = answers[i]});
  return tests;
}

std::string failure(const objective::Machine& machine, const lora::Module& module,
                    const lora::Card& card) {
  const t5::Adapter adapter = alone(machine, module);
  for (const lora::SelfTest& test : card.tests) {
    const auto now = objective::answer(machine, adapter, std::vector{test.input},
                                       {.max_tokens = test.max_tokens})
                         .front();
    if (now != test.answer)
      return base::format("'{}' is answered '{}', not '{}' as the card says", test.input, now,
                          test.answer);
  }
  return "";
}

}  // namespace lorahub::run
