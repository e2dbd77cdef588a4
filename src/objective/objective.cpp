#include "objective/objective.hpp"

namespace lorahub::objective {

model::Tokens tokens(const text::Tokenizer& tokenizer, const task::Example& example,
                     text::Tokenizer::Limits limits) {
  text::Tokenizer::PromptAndAnswer pair =
      tokenizer.encode_pair(example.input, example.target, limits);
  return {.source = std::move(pair.prompt), .target = std::move(pair.answer)};
}

std::vector<model::Tokens> tokenize(const text::Tokenizer& tokenizer,
                                    std::span<const task::Example> examples) {
  // The question of a decoder-only model's prompt stands at its end, which no cut may take.
  text::Tokenizer::Limits limits{.prompt = kMostTokens, .answer = kMostTokens};
  if (tokenizer.pairs_are_one_sequence()) limits = {};
  std::vector<model::Tokens> pairs;
  for (const task::Example& example : examples) pairs.push_back(tokens(tokenizer, example, limits));
  return pairs;
}

}  // namespace lorahub::objective
