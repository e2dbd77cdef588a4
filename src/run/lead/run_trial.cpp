#include "run/lead/run_trial.hpp"

#include <numeric>

#include "base/clock.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "objective/objective.hpp"
#include "plan/learning_rate.hpp"
#include "plan/lengths.hpp"
#include "run/lead/methods/methods.hpp"
#include "study/choices.hpp"
#include "study/knobs.hpp"
#include "task/score.hpp"

namespace lorahub::run {
namespace {

std::vector<store::Answer> score(const task::Task& task, const std::vector<std::string>& answers) {
  std::vector<store::Answer> scored;
  for (size_t i = 0; i < answers.size(); ++i)
    scored.push_back({.row = task.test_rows[i],
                      .input_sha256 = base::sha256(task.test[i].input),
                      .target = task.test[i].target,
                      .answer = answers[i],
                      .hit = task::is_hit(answers[i], task.test[i].target)});
  return scored;
}

double percent(const std::vector<store::Answer>& answers) {
  const auto hits =
      std::count_if(answers.begin(), answers.end(), [](const auto& a) { return a.hit; });
  return answers.empty() ? 0
                         : 100.0 * static_cast<double>(hits) / static_cast<double>(answers.size());
}

// A backward pass counts as two forwards, which is what it costs in operations, and an answer of a
// shot as one.
struct ProbePasses {
  long forwards = 0, backwards = 0;  // over all shots
};
store::Counts count(const plan::TrialInputs& inputs, const MethodResult& choice,
                    const ProbePasses& probes) {
  store::Counts counts{
      .evaluations = probes.forwards,
      .probes = probes.forwards,
      .rounds = std::max(choice.steps, static_cast<long>(choice.generations.size())) +
                (probes.forwards > 0 ? 1 : 0)};
  for (const search::Generation& g : choice.generations)
    counts.evaluations += static_cast<long>(g.losses.size());
  long tokens = 0;
  for (const model::Tokens& pair : inputs.pairs)
    tokens += static_cast<long>(pair.source.size() + pair.target.size());
  const auto shots = static_cast<long>(inputs.pairs.size());
  const long measured =
      (counts.evaluations - counts.probes) * shots * objective::numbers_per_shot(inputs.trial.loss);
  const long forwards = probes.forwards * shots + std::max(measured, choice.backwards);
  counts.example_forwards = forwards + 2 * (choice.backwards + probes.backwards * shots);
  if (shots > 0) counts.search_tokens = forwards / shots * tokens;
  for (const std::string& prompt : inputs.prompts)
    counts.answer_tokens += static_cast<long>(inputs.tokenizer->encode(prompt).size());
  if (study::info(inputs.trial.method).passes_over_inputs > 0) {
    ++counts.rounds;
    counts.example_forwards += static_cast<long>(inputs.prompts.size());
    counts.search_tokens += counts.answer_tokens;
  }
  return counts;
}

// The answers of the test rows. Where each has weights of its own, the choice gets their mean.
std::vector<std::string> answers_by(TrialEvaluator& evaluator, MethodResult& choice) {
  if (!choice.answers.empty()) return choice.answers;
  if (!study::weighs_inputs(evaluator.trial().method)) return evaluator.answers(choice.weights);
  WeighedBatch answers = evaluator.weighed_answers();
  const auto n = static_cast<size_t>(evaluator.modules());
  choice.weights.assign(n, 0);
  for (size_t i = 0; i < answers.weights.size(); ++i)
    choice.weights[i % n] += answers.weights[i] / static_cast<double>(answers.texts.size());
  return std::move(answers.texts);
}

// The settings that the trial left to defaults, as they were used.
std::vector<std::pair<std::string, std::string>> resolved(const TrialEvaluator& evaluator,
                                                          const LoadedModules& loaded,
                                                          const MethodResult& choice) {
  const study::Trial& trial = evaluator.trial();
  const search::TileShape tile = evaluator.tile_shape();
  std::vector<std::pair<std::string, std::string>> values{
      {"tile", base::format("{}x{}", tile.candidates, tile.examples)}};
  if (const study::Scoring scoring = evaluator.inputs().task.scoring; scoring != trial.scoring)
    values.emplace_back("scoring", study::name(scoring));
  const std::vector<task::Example>& shots = evaluator.inputs().task.shots;
  if (const size_t cut =
          plan::has_loss(trial) ? plan::count_cut(*evaluator.inputs().tokenizer, shots) : 0;
      cut > 0)
    values.emplace_back("shots.cut", base::format("{} of {}, behind {} tokens", cut, shots.size(),
                                                  objective::kMostTokens));
  if (loaded.truncated_from > 0)
    values.emplace_back("rank.truncated_from", base::format("{} (SVD)", loaded.truncated_from));
  if (study::trains(trial.method)) {
    if (study::find_knob("train.lr")->read_by(trial))
      values.emplace_back("train.lr", base::format("{}", plan::learning_rate(trial)));
    values.emplace_back("train.steps", base::format("{}", choice.steps));
    values.emplace_back("train.forwards", base::format("{}", choice.backwards));
    values.emplace_back("train.backwards", base::format("{}", choice.backwards));
  }
  if (!study::uses_search(trial.method)) return values;
  const study::Search search = search::resolved(trial.search, evaluator.modules());
  values.emplace_back("search.population", base::format("{}", search.population));
  values.emplace_back("search.sigma0", base::format("{}", search.sigma0));
  return values;
}

// Loss of w = 0 where the search has met it (official and random start there).
double zero_loss(const std::vector<search::Generation>& generations) {
  for (const search::Generation& g : generations)
    for (int p = 0; p < g.population.size(); ++p)
      if (std::ranges::all_of(g.population.row(p), [](double w) { return w == 0; }))
        return g.losses[static_cast<size_t>(p)];
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

store::Record run_trial(TrialEvaluator& evaluator) {
  const plan::TrialInputs& inputs = evaluator.inputs();
  const base::Stopwatch load;
  const auto candidates = static_cast<int>(inputs.modules.size());
  const ProbePasses probes{.forwards = plan::probe_count(inputs.trial, candidates),
                           .backwards = plan::probe_backwards(inputs.trial, candidates)};
  const LoadedModules loaded = evaluator.load();
  evaluator.surroundings().check_files();
  const double load_seconds = load.seconds();

  const base::Stopwatch search;
  evaluator.narrow();
  MethodResult choice = method(evaluator.trial().method)(evaluator);
  const double search_seconds = search.seconds() + evaluator.borrowed();
  const long waits = evaluator.waits();

  const base::Stopwatch answering;
  const std::vector<std::string> given = answers_by(evaluator, choice);
  const double answer_seconds = answering.seconds();
  std::vector<store::Answer> answers = score(inputs.task, given);
  store::Record record{.trial = study::id(evaluator.trial()),
                       .knobs = study::columns(evaluator.trial())};
  record.resolved = resolved(evaluator, loaded, choice);
  record.modules = inputs.modules;
  record.shot_rows = inputs.task.shot_rows;
  record.dropped_rows = inputs.task.dropped_rows;
  for (const task::Example& shot : inputs.task.shots)
    record.shot_sha256.push_back(base::sha256(shot.input));
  record.shot_tokens = evaluator.shot_tokens();
  const bool is_one_mixture = !study::weighs_inputs(evaluator.trial().method);
  if (is_one_mixture && !choice.weights.empty() && !inputs.pairs.empty())
    record.shot_sums =
        evaluator.sums({.dim = evaluator.modules(), .weights = choice.weights}).values;
  if (!choice.shot_sums.empty()) record.shot_sums = choice.shot_sums;
  record.counts = count(inputs, choice, probes);
  record.zero_loss = zero_loss(choice.generations);
  record.best_loss = choice.loss;
  record.weights = std::move(choice.weights);
  record.generations = std::move(choice.generations);
  record.accuracy = percent(answers);
  record.answers = std::move(answers);
  record.timing = {
      .load = load_seconds, .search = search_seconds, .answer = answer_seconds, .waits = waits};
  evaluator.surroundings().check_files();
  return record;
}

}  // namespace lorahub::run
