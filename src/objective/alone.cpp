#include "objective/alone.hpp"

#include <algorithm>

namespace lorahub::objective {

namespace {
constexpr size_t kExamples = 16;  // computed together
}

model::Adapter alone(const LoadedModel& loaded, const lora::Module& module) {
  return lora::compose(lora::stack({module}, loaded.model->architecture(), loaded.device),
                       std::vector{1.0}, study::Composition::product, loaded.dtype());
}

search::Sums alone_sums(const LoadedModel& loaded, const model::Adapter& adapter,
                        std::span<const model::Tokens> pairs) {
  search::Sums sums{.examples = static_cast<int>(pairs.size()), .values = {}};
  for (size_t first = 0; first < pairs.size(); first += kExamples) {
    const auto some = pairs.subspan(first, std::min(kExamples, pairs.size() - first));
    const std::vector<double> values = loaded.model->loss_sums(adapter, some);
    sums.values.insert(sums.values.end(), values.begin(), values.end());
  }
  return sums;
}

std::vector<int> target_lengths(std::span<const model::Tokens> pairs) {
  std::vector<int> lengths;
  for (const model::Tokens& pair : pairs) lengths.push_back(static_cast<int>(pair.target.size()));
  return lengths;
}

double official_loss(const LoadedModel& loaded, const model::Adapter& adapter,
                     std::span<const model::Tokens> pairs) {
  return reduce(alone_sums(loaded, adapter, pairs), target_lengths(pairs),
                {.dim = 1, .weights = {0}}, {})
      .front();
}

double single_loss(const LoadedModel& loaded, const lora::Module& module,
                   std::span<const model::Tokens> pairs) {
  return official_loss(loaded, alone(loaded, module), pairs);
}

}  // namespace lorahub::objective
