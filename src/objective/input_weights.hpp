// Mixing weights of each input by itself, by the methods logo and retriever: k modules have weights
// that sum to 1, all others 0. They hold for all tokens of the answer.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "objective/objective.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::objective {

class InputWeights {
 public:
  virtual ~InputWeights() = default;
  // Of the modules, in their order: [N]. Several threads may call at once.
  virtual std::vector<double> operator()(const std::string& prompt) const = 0;
};

// The weights of the trial's method; null where one mixture answers all inputs. The model and the
// pool must outlive it. The sample inputs of retriever are those of the self-tests in the modules'
// cards: Error naming a module that has none. Error where an input is to have more modules than
// there are.
std::unique_ptr<const InputWeights> input_weights(const LoadedModel& loaded, const lora::Pool& pool,
                                                  const study::Trial& trial);

// Answers prompts, each by a mixture of its own, as one batch on the calling thread (rule.batch is
// not read). An answer does not depend on the prompts beside it.
struct InputMixture {
  const InputWeights& weights;
  const lora::Composer& compose;
};
struct WeighedAnswers {
  std::vector<std::string> texts;
  std::vector<double> weights;  // [texts * N]
};
WeighedAnswers answer_weighed(const LoadedModel& loaded, const InputMixture& mixture,
                              std::span<const std::string> prompts, AnswerRule rule);

// The places of the k largest values, ascending; the first ones among equals.
std::vector<size_t> places_of_largest(const std::vector<double>& values, int k);

}  // namespace lorahub::objective
