#include "objective/input_weights.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.hpp"
#include "lora/module_card.hpp"
#include "lora/retrieve.hpp"
#include "objective/logo.hpp"
#include "objective/retriever.hpp"
#include "study/trial.hpp"

namespace lorahub::objective {
namespace {

std::vector<std::vector<std::string>> sample_inputs(const std::string& library,
                                                    const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& name : names) {
    const lora::ModuleCard card = lora::read_card(lora::module_folder(library, name));
    base::check(!card.tests.empty(),
                "method retriever: the card of module '{}' has no sample input{} (an input is "
                "compared with those of self-tests), add a self_test to its README.md or use "
                "another method",
                name, card.problem.empty() ? "" : ": " + card.problem);
    all.emplace_back();
    for (const lora::SelfTest& test : card.tests) all.back().push_back(test.input);
  }
  return all;
}

int head_of(const LoadedModel& loaded) {
  return static_cast<int>(loaded.model->architecture().linears().size()) - 1;
}

// Whether mixtures of this form are computed side by side, a row each.
bool mixes_by_scales(const LoadedModel& loaded, const lora::Composer& compose) {
  const std::vector<double> none(static_cast<size_t>(compose.size()));
  return !model::of_rows(compose(none), head_of(loaded)).slots.empty();
}

std::vector<std::string> together(const LoadedModel& loaded, const model::Adapter& of_candidates,
                                  std::span<const std::string> prompts, AnswerRule rule) {
  rule.batch = static_cast<int>(prompts.size());
  return answer(loaded, model::of_rows(of_candidates, head_of(loaded)), prompts, rule);
}

struct OwnMixtures {
  const lora::Composer& compose;
  const std::vector<double>& weights;  // [prompts * N]
};
std::vector<std::string> one_by_one(const LoadedModel& loaded, const OwnMixtures& own,
                                    std::span<const std::string> prompts, AnswerRule rule) {
  rule.batch = 1;
  const auto n = static_cast<size_t>(own.compose.size());
  std::vector<std::string> texts;
  for (size_t i = 0; i < prompts.size(); ++i)
    texts.push_back(answer(loaded, own.compose(std::span(own.weights).subspan(i * n, n)),
                           prompts.subspan(i, 1), rule)
                        .front());
  return texts;
}

}  // namespace

std::vector<size_t> places_of_largest(const std::vector<double>& values, int k) {
  std::vector<double> smallness;
  for (const double value : values) smallness.push_back(-value);
  return lora::least(smallness, static_cast<size_t>(k));
}

WeighedAnswers answer_weighed(const LoadedModel& loaded, const InputMixture& mixture,
                              std::span<const std::string> prompts, AnswerRule rule) {
  WeighedAnswers all;
  for (const std::string& prompt : prompts) {
    const std::vector<double> weights = mixture.weights(prompt);
    all.weights.insert(all.weights.end(), weights.begin(), weights.end());
  }
  all.texts =
      rule.scoring == study::Scoring::generate && mixes_by_scales(loaded, mixture.compose)
          ? together(loaded, mixture.compose(all.weights), prompts, rule)
          : one_by_one(loaded, {.compose = mixture.compose, .weights = all.weights}, prompts, rule);
  return all;
}

std::unique_ptr<const InputWeights> input_weights(const LoadedModel& loaded, const lora::Pool& pool,
                                                  const study::Trial& trial) {
  if (!study::weighs_inputs(trial.method)) return nullptr;
  study::InputMixing how = trial.input;
  base::check(how.modules <= pool.size(),
              "method {}: an input cannot be answered by {} modules (there are {}), lower "
              "input.modules or give more modules",
              study::name(trial.method), how.modules, pool.size());
  if (how.modules == 0)
    how.modules = std::min(study::info(trial.method).modules_of_input, pool.size());
  if (trial.method == study::Method::logo) return std::make_unique<LogoWeights>(loaded, pool, how);
  return std::make_unique<RetrieverWeights>(sample_inputs(trial.library_path, pool.names),
                                            how.modules);
}

}  // namespace lorahub::objective
