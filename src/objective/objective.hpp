// Weights -> loss sums and weights -> answers, on one device, by this process's threads.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "lora/pool.hpp"
#include "model/adapter.hpp"
#include "model/delta/delta.hpp"
#include "model/model.hpp"
#include "model/tokens.hpp"
#include "objective/loss_kinds.hpp"
#include "search/population.hpp"
#include "study/choices.hpp"
#include "task/task.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::objective {

// A model as a rank holds it for all trials: network, tokenizer, device and threads.
struct LoadedModel {
  std::shared_ptr<const model::Model> model;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  base::Device device = base::Device::cpu;
  at::ScalarType dtype() const { return model->dtype(); }  // of the linear layers
  int threads = 1;  // each takes whole tiles; kernels are single-threaded
  std::shared_ptr<const model::delta::NarrowWeights> narrow =
      nullptr;  // for delta evaluation; or none
};

// An input and its target as the model reads them.
model::Tokens tokens(const text::Tokenizer& tokenizer, const task::Example& example,
                     text::Tokenizer::Limits limits = {});

// The tokens to which LoraHub's official code cuts an input or a target of T5 in a loss. Prompts to
// be answered are not cut, nor anything of a decoder-only model: it refuses what is too long.
inline constexpr int kMostTokens = 2048;
std::vector<model::Tokens> tokenize(const text::Tokenizer& tokenizer,
                                    std::span<const task::Example> examples);

// What a measure mixes, and by which engine it computes.
struct Mixture {
  const lora::Pool& pool;
  study::MixingRule composition = study::Composition::factor;
  study::Engine engine;
  int centres = 1;  // how many points a population may have (search::Population), for delta
                    // evaluation
};
// A function that computes the cross-entropy sums of the tiles asked for. It holds references: the
// model, the pool and the pairs must outlive it.
search::Measure make_measure(const LoadedModel& loaded, const Mixture& mixture,
                             std::span<const model::Tokens> pairs);
// The same for a search, which only tells candidates apart: by delta evaluation where the model has
// narrow weights.
search::Measure make_search_measure(const LoadedModel& loaded, const Mixture& mixture,
                                    std::span<const model::Tokens> pairs);

struct AnswerRule {
  study::Scoring scoring = study::Scoring::generate;
  int max_tokens = 256;
  int batch = 10;
  model::AnswerLimit::NotFinite not_finite = model::AnswerLimit::NotFinite::ends;
  // Called after each token, by each of the threads that compute; an exception ends them all.
  std::function<void()> after_token = [] {};
};
// Greedy answers of the prompts by one adapter (an empty one: by the base model), in batches of
// rule.batch prompts in their order; threads take whole batches. With Scoring::options the answer
// to a prompt that lists options is the listed option of least cross entropy per token.
std::vector<std::string> answer(const LoadedModel& loaded, const model::Adapter& adapter,
                                std::span<const std::string> prompts, const AnswerRule& rule);

// The answers of each of P candidates, [P * prompts], candidate-major: one batch on the calling
// thread. A candidate's answers do not depend on those beside it.
std::vector<std::string> answer_each(const LoadedModel& loaded, const model::Adapter& adapter,
                                     std::span<const std::string> prompts, const AnswerRule& rule);

}  // namespace lorahub::objective
