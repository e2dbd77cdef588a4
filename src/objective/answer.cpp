#include <algorithm>
#include <cassert>
#include <limits>

#include "objective/objective.hpp"
#include "task/score.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {

namespace {

struct AnsweringModel {
  const LoadedModel& loaded;
  const model::Adapter& adapter;  // P candidates
  bool side_by_side = false;      // a candidate's answers must not depend on the others

  size_t candidates() const { return static_cast<size_t>(adapter.candidates); }
  std::vector<model::Ids> generate(std::span<const model::Ids> sources,
                                   const AnswerRule& rule) const {
    const model::AnswerLimit limit{.max_tokens = rule.max_tokens,
                                   .is_whole =
                                       [&](const model::Ids& ids) {
                                         rule.after_token();
                                         return loaded.tokenizer->is_whole_answer(ids);
                                       },
                                   .not_finite = rule.not_finite};
    return side_by_side ? loaded.model->generate_each(adapter, sources, limit)
                        : loaded.model->generate(adapter, sources, limit);
  }
};

// Each candidate's option of least cross entropy per token (`</s>` counts): a plain sum would
// favour short options. The first one among equals; "" where no cross entropy is finite.
std::vector<std::string> likeliest(const AnsweringModel& model, const std::string& prompt,
                                   const std::vector<std::string>& options) {
  std::vector<model::Tokens> pairs;
  for (const std::string& option : options)
    pairs.push_back(tokens(*model.loaded.tokenizer, {.input = prompt, .target = option}));
  const std::vector<double> losses = model.loaded.model->loss_sums(model.adapter, pairs);
  std::vector<std::string> best;
  for (auto own = losses.begin(); own != losses.end(); own += std::ssize(options)) {
    double least = std::numeric_limits<double>::infinity();
    best.emplace_back();
    for (size_t i = 0; i < options.size(); ++i) {
      const double mean =
          own[static_cast<ptrdiff_t>(i)] / static_cast<double>(pairs[i].target.size());
      if (mean < least) {  // false for NaN
        least = mean;
        best.back() = options[i];
      }
    }
  }
  return best;
}

// Greedy answers of the prompts numbered in `which`, in that order: [P * which].
std::vector<std::string> generate(const AnsweringModel& model, std::span<const std::string> prompts,
                                  const std::vector<size_t>& which, const AnswerRule& rule) {
  if (which.empty()) return {};
  std::vector<model::Ids> sources;
  for (const size_t i : which) sources.push_back(model.loaded.tokenizer->encode(prompts[i]));
  std::vector<std::string> answers;
  for (const model::Ids& ids : model.generate(sources, rule))
    answers.push_back(model.loaded.tokenizer->decode(ids));
  return answers;
}

// [P * prompts], candidate-major.
std::vector<std::string> answer_batch(const AnsweringModel& model,
                                      std::span<const std::string> prompts,
                                      const AnswerRule& rule) {
  std::vector<std::string> answers(model.candidates() * prompts.size());
  std::vector<size_t> open;  // to be answered freely
  for (size_t i = 0; i < prompts.size(); ++i) {
    std::vector<std::string> options;
    if (rule.scoring == study::Scoring::options) options = task::options(prompts[i]);
    if (options.empty()) {
      open.push_back(i);
      continue;
    }
    const std::vector<std::string> best = likeliest(model, prompts[i], options);
    for (size_t p = 0; p < best.size(); ++p) answers[p * prompts.size() + i] = best[p];
  }
  std::vector<std::string> free = generate(model, prompts, open, rule);
  for (size_t i = 0; i < free.size(); ++i)
    answers[i / open.size() * prompts.size() + open[i % open.size()]] = std::move(free[i]);
  return answers;
}

}  // namespace

std::vector<std::string> answer(const LoadedModel& loaded, const model::Adapter& adapter,
                                std::span<const std::string> prompts, const AnswerRule& rule) {
  assert(rule.batch > 0 && adapter.candidates == 1);
  const auto batch = static_cast<size_t>(rule.batch);
  const size_t batches = (prompts.size() + batch - 1) / batch;
  std::vector<std::string> answers(prompts.size());
  const AnsweringModel model{.loaded = loaded, .adapter = adapter};
  tensor::share(loaded.threads, static_cast<int>(batches), [&](int number) {
    const size_t first = static_cast<size_t>(number) * batch;
    const size_t count = std::min(batch, prompts.size() - first);
    std::ranges::move(answer_batch(model, prompts.subspan(first, count), rule),
                      answers.begin() + static_cast<ptrdiff_t>(first));
  });
  return answers;
}

std::vector<std::string> answer_each(const LoadedModel& loaded, const model::Adapter& adapter,
                                     std::span<const std::string> prompts, const AnswerRule& rule) {
  return answer_batch({.loaded = loaded, .adapter = adapter, .side_by_side = true}, prompts, rule);
}

}  // namespace lorahub::objective
