#include "train/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "task/score.hpp"
#include "tensor/threads.hpp"

namespace lorahub::train {

std::vector<model::Tokens> Evaluator::tokens(const std::vector<task::Example>& rows) const {
  std::vector<model::Tokens> pairs;
  for (const task::Example& row : rows)
    pairs.push_back(
        objective::tokens(*loaded_.tokenizer, row,
                          {.prompt = lengths_.source_length, .answer = lengths_.target_length}));
  return pairs;
}

std::vector<double> Evaluator::loss_sums(const TrainedModel& trained,
                                         std::span<const model::Tokens> pairs) const {
  constexpr size_t kTogether = 16;  // rows
  std::vector<double> sums(pairs.size());
  const size_t runs = (pairs.size() + kTogether - 1) / kTogether;
  tensor::share(loaded_.threads, static_cast<int>(runs), [&](int run) {
    const size_t first = static_cast<size_t>(run) * kTogether;
    const auto some = pairs.subspan(first, std::min(kTogether, pairs.size() - first));
    const std::vector<double> part = trained.model->loss_sums(trained.adapter, some);
    std::copy(part.begin(), part.end(), sums.begin() + static_cast<ptrdiff_t>(first));
  });
  return sums;
}

std::vector<std::string> Evaluator::answers(const TrainedModel& trained,
                                            const std::vector<task::Example>& rows) const {
  std::vector<std::string> prompts;
  for (size_t i = 0; i < std::min(rows.size(), kAnswered); ++i) prompts.push_back(rows[i].input);
  objective::LoadedModel loaded = loaded_;
  loaded.model = trained.model;
  return objective::answer(loaded, trained.adapter, prompts,
                           {.max_tokens = lengths_.target_length});
}

HeldOutEvaluation Evaluator::evaluate(const TrainedModel& trained,
                                      const std::vector<task::Example>& rows) const {
  const std::vector<model::Tokens> pairs = tokens(rows);
  double count = 0;
  for (const model::Tokens& pair : pairs) count += static_cast<double>(pair.target.size());
  const std::vector<double> sums = loss_sums(trained, pairs);
  const std::vector<std::string> said = answers(trained, rows);
  double hits = 0;
  for (size_t i = 0; i < said.size(); ++i) hits += task::is_hit(said[i], rows[i].target) ? 1 : 0;
  return {.loss = std::accumulate(sums.begin(), sums.end(), 0.0) / count,
          .accuracy = 100 * hits / static_cast<double>(said.size())};
}

}  // namespace lorahub::train
