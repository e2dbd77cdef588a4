#include "objective/objective.hpp"

namespace lorahub::objective {

std::vector<model::Tokens> tokenize(const text::Tokenizer& tokenizer,
                                    std::span<const task::Example> examples) {
  std::vector<model::Tokens> pairs;
  for (const task::Example& example : examples)
    pairs.push_back({.source = tokenizer.encode(example.input, kMostTokens),
                     .target = tokenizer.encode_target(example.target, kMostTokens)});
  return pairs;
}

}  // namespace lorahub::objective
