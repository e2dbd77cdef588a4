#include "run/deliver.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/claim.hpp"
#include "objective/alone.hpp"
#include "objective/answer_errors.hpp"
#include "objective/self_test.hpp"
#include "study/choices.hpp"
#include "study/trial.hpp"

namespace lorahub::run {
namespace {

double loss_of(const objective::LoadedModel& loaded, const model::Adapter& adapter,
               const Solution& solution) {
  if (solution.trial.loss == study::LossKind::ask)
    return solution.contest.contestants[solution.contest.answer].loss;
  const std::vector<model::Tokens> pairs =
      objective::tokenize(*loaded.tokenizer, solution.task.shots);
  const search::Population mixture{.dim = static_cast<int>(solution.weights.size()),
                                   .weights = solution.weights};
  std::vector<int> tokens;
  for (const model::Tokens& pair : pairs) tokens.push_back(static_cast<int>(pair.target.size()));
  search::Sums sums = alone_sums(loaded, adapter, pairs);
  if (study::reads_answers(solution.trial.loss))
    sums = with_answer_errors(std::move(sums), loaded, adapter,
                              objective::answered_shots(solution.trial, solution.task, pairs));
  return objective::reduce(sums, tokens, mixture,
                           {.kind = solution.trial.loss,
                            .penalty = {.kind = study::PenaltyKind::none},
                            .batch = solution.loss_batch})
      .front();
}

std::string body(const Solution& solution, const lora::MixtureToWrite& mixture,
                 const Delivered& delivered) {
  const study::Trial& trial = solution.trial;
  return base::format(
             "# {}: a LoRA adapter composed by lorahub\n\nBase model `{}`; {} {} of "
             "search `{}`, seed {}; {} examples (sha256 {}).\n\n",
             solution.task.name, trial.model, solution.evaluations, study::search_unit(trial),
             search_name(trial), trial.seed.search, solution.task.shots.size(),
             solution.task.shots_sha256) +
         contest_table(solution.contest) + "\n" + lora::describe(mixture, delivered.written);
}

lora::ModuleCard card(const objective::LoadedModel& loaded, const Solution& solution,
                      const lora::Module& module, const Output& output) {
  const study::Trial& trial = solution.trial;
  return {
      .base = base_name(output, trial),
      .task = solution.task.name,
      .data = base::format("{} examples of {}, sha256 {}", solution.task.shots.size(), output.rows,
                           solution.task.shots_sha256),
      .provenance =
          base::format("{}{} modules of {}", lora::kComposed, solution.pool.size(), trial.library),
      .recipe = solution.recipe,
      .tests = output.first_example == FirstExample::kept_private
                   ? std::vector<lora::SelfTest>()
                   : make_tests(loaded, module, std::vector{solution.task.shots.front().input})};
}

}  // namespace

std::string base_name(const Output& output, const study::Trial& trial) {
  return output.base.empty() ? checkpoint::lasting_name(trial.model_path) : output.base;
}

std::string search_name(const study::Trial& trial) {
  return study::uses_search(trial.method)
             ? study::name(trial.search.method)
             : base::format("{} ({})", study::name(trial.method), study::name(trial.train.descent));
}

Delivered deliver(const objective::LoadedModel& loaded, const Solution& solution,
                  const Output& output) {
  const lora::MixtureToWrite mixture{.pool = solution.pool,
                                     .weights = solution.weights,
                                     .composition = study::mixing_rule(solution.trial),
                                     .rank = output.rank,
                                     .form = output.form};
  Delivered delivered{.written = lora::write_mixture(output.folder, mixture,
                                                     {.architecture = loaded.model->architecture(),
                                                      .path = solution.trial.model_path,
                                                      .name = base_name(output, solution.trial)})};
  const lora::Module& module = delivered.written.module;
  delivered.loss = loss_of(loaded, alone(loaded, module), solution);
  lora::ModuleCard words = card(loaded, solution, module, output);
  words.library = lora::library(output.form);
  if (output.form != lora::WrittenForm::adapter) words.tag = "";
  lora::write_card(output.folder, words, body(solution, mixture, delivered));
  return delivered;
}

}  // namespace lorahub::run
