#include "objective/answer_errors.hpp"

#include <algorithm>

#include "study/trial.hpp"
#include "task/score.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {
namespace {

std::vector<std::string> prompts_of(std::span<const task::Example> shots) {
  std::vector<std::string> prompts;
  for (const task::Example& shot : shots) prompts.push_back(shot.input);
  return prompts;
}

// The errors of the answers [P * shots], in their order.
std::vector<double> errors_of(const AnsweredShots& asked, const std::vector<std::string>& answers) {
  std::vector<double> all;
  for (size_t i = 0; i < answers.size(); ++i)
    all.push_back(answer_error(asked.kind, answers[i], asked.shots[i % asked.shots.size()].target));
  return all;
}

// Of candidates [P, N] on some shots: [P * shots].
using AnswerErrorsOf =
    std::function<std::vector<double>(std::span<const double> weights, const AnsweredShots& some)>;

AnswerErrorsOf answer_errors_of(const LoadedModel& loaded, const Mixture& mixture) {
  const lora::Composer compose(mixture.pool, mixture.composition, loaded.dtype());
  if (mixture.engine == study::Engine::fast)
    return [&loaded, compose](std::span<const double> weights, const AnsweredShots& some) {
      return errors_of(some,
                       answer_each(loaded, compose(weights), prompts_of(some.shots), some.rule));
    };
  return [&loaded, compose](std::span<const double> weights, const AnsweredShots& some) {
    std::vector<double> all;
    const auto dim = static_cast<size_t>(compose.size());
    for (size_t first = 0; first < weights.size(); first += dim) {
      const model::Adapter one = compose(weights.subspan(first, dim));
      std::ranges::copy(errors_of(some, answer(loaded, one, prompts_of(some.shots), some.rule)),
                        std::back_inserter(all));
    }
    return all;
  };
}

}  // namespace

double answer_error(study::LossKind kind, std::string_view answer, std::string_view target) {
  if (kind == study::LossKind::similarity) return 1 - task::chrf(answer, target) / 100;
  return task::is_hit(answer, target) ? 0 : 1;
}

AnsweredShots answered_shots(const study::Trial& trial, const task::Task& task,
                             std::span<const model::Tokens> pairs) {
  size_t longest = 0;
  for (const model::Tokens& pair : pairs) longest = std::max(longest, pair.target.size());
  return {.kind = trial.loss,
          .shots = task.shots,
          .rule = {.scoring = task.scoring,
                   .max_tokens = std::min(trial.max_tokens, static_cast<int>(2 * longest + 8)),
                   .batch = std::max(1, static_cast<int>(pairs.size()))}};
}

search::Measure with_answer_errors(search::Measure losses, const LoadedModel& loaded,
                                   const Mixture& mixture, const AnsweredShots& asked) {
  return [losses = std::move(losses), errors = answer_errors_of(loaded, mixture), asked,
          threads = loaded.threads](const search::Population& population,
                                    std::span<const search::Tile> tiles) {
    std::vector<std::vector<double>> all(tiles.size());
    tensor::share(threads, static_cast<int>(tiles.size()), [&](int t) {
      const search::Tile& tile = tiles[static_cast<size_t>(t)];
      const auto first = static_cast<size_t>(tile.first_example);
      auto& own = all[static_cast<size_t>(t)];
      if (first < asked.shots.size()) {
        own = losses(population, std::span(&tile, 1)).front();
        return;
      }
      AnsweredShots some = asked;
      some.shots =
          asked.shots.subspan(first - asked.shots.size(), static_cast<size_t>(tile.examples));
      own = errors(population.rows(tile.first_candidate, tile.candidates), some);
    });
    return all;
  };
}

search::Sums with_answer_errors(search::Sums sums, const LoadedModel& loaded,
                                const model::Adapter& adapter, const AnsweredShots& shots) {
  std::ranges::copy(errors_of(shots, answer(loaded, adapter, prompts_of(shots.shots), shots.rule)),
                    std::back_inserter(sums.values));
  sums.examples *= 2;
  return sums;
}

}  // namespace lorahub::objective
