#include <algorithm>
#include <cassert>

#include "objective/objective.hpp"
#include "task/score.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {

namespace {

struct Model {
  const LoadedModel& loaded;
  const model::Adapter& adapter;
};

// The option of least cross entropy per token (`</s>` counts): a plain sum would favour short
// options. The first one among equals.
std::string likeliest(const Model& model, const std::string& prompt,
                      const std::vector<std::string>& options) {
  std::vector<model::Tokens> pairs;
  const model::Ids source = model.loaded.tokenizer.encode(prompt);
  for (const std::string& option : options)
    pairs.push_back({.source = source, .target = model.loaded.tokenizer.encode(option)});
  std::vector<double> losses = model.loaded.model->loss_sums(model.adapter, pairs);
  for (size_t i = 0; i < losses.size(); ++i)
    losses[i] /= static_cast<double>(pairs[i].target.size());
  return options[static_cast<size_t>(std::min_element(losses.begin(), losses.end()) -
                                     losses.begin())];
}

// Greedy answers of the prompts numbered in `which`, in that order.
std::vector<std::string> generate(const Model& model, std::span<const std::string> prompts,
                                  const std::vector<size_t>& which, int max_tokens) {
  if (which.empty()) return {};
  std::vector<model::Ids> sources;
  for (const size_t i : which) sources.push_back(model.loaded.tokenizer.encode(prompts[i]));
  std::vector<std::string> answers;
  for (const model::Ids& ids : model.loaded.model->generate(model.adapter, sources, max_tokens))
    answers.push_back(model.loaded.tokenizer.decode(ids));
  return answers;
}

void answer_batch(const Model& model, std::span<const std::string> prompts,
                  std::span<std::string> answers, const AnswerRule& rule) {
  std::vector<size_t> open;  // to be answered freely
  for (size_t i = 0; i < prompts.size(); ++i) {
    std::vector<std::string> options;
    if (rule.scoring == study::Scoring::options) options = task::options(prompts[i]);
    if (options.empty())
      open.push_back(i);
    else
      answers[i] = likeliest(model, prompts[i], options);
  }
  std::vector<std::string> free = generate(model, prompts, open, rule.max_tokens);
  for (size_t i = 0; i < open.size(); ++i) answers[open[i]] = std::move(free[i]);
}

}  // namespace

std::vector<std::string> answer(const LoadedModel& loaded, const model::Adapter& adapter,
                                std::span<const std::string> prompts, const AnswerRule& rule) {
  assert(rule.batch > 0 && adapter.candidates == 1);
  const auto batch = static_cast<size_t>(rule.batch);
  const size_t batches = (prompts.size() + batch - 1) / batch;
  std::vector<std::string> answers(prompts.size());
  const Model model{.loaded = loaded, .adapter = adapter};
  tensor::share(loaded.threads, static_cast<int>(batches), [&](int number) {
    const size_t first = static_cast<size_t>(number) * batch;
    const size_t count = std::min(batch, prompts.size() - first);
    answer_batch(model, prompts.subspan(first, count), std::span(answers).subspan(first, count),
                 rule);
  });
  return answers;
}

}  // namespace lorahub::objective
