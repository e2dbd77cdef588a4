#include "run/lead/trial_evaluator.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "lora/retrieve.hpp"
#include "objective/held_out.hpp"
#include "objective/objective.hpp"
#include "search/centres.hpp"
#include "search/smoothing_points.hpp"

namespace lorahub::run {

namespace {

search::Evaluation slope_of(const std::vector<plan::SlopeTile>& tiles,
                            std::span<const workers::Outcome> outcomes, int modules) {
  search::Evaluation found({0.0});
  found.gradient.resize(static_cast<size_t>(modules));
  for (size_t t = 0; t < tiles.size(); ++t) {
    base::check(outcomes[t].result == workers::Result::reply, "{}", outcomes[t].bytes);
    const auto part = base::decode<Slope>(outcomes[t].bytes);
    base::check(part.gradient.size() == found.gradient.size(),
                "a rank sent a gradient of {} numbers by {} weights (the ranks may be different "
                "builds), start the same program on all nodes",
                part.gradient.size(), found.gradient.size());
    found.losses[0] += tiles[t].share * part.loss;
    for (size_t i = 0; i < found.gradient.size(); ++i)
      found.gradient[i] += tiles[t].share * part.gradient[i];
  }
  return found;
}

bool is_finite(const search::Evaluation& slope) {
  const auto is_number = [](double x) { return std::isfinite(x); };
  return is_number(slope.losses[0]) && std::ranges::all_of(slope.gradient, is_number);
}

void add_penalty(std::span<const double> weights, const study::Penalty& penalty,
                 search::Evaluation& found) {
  found.losses[0] += objective::penalty(weights, penalty);
  for (size_t i = 0; i < weights.size(); ++i)
    found.gradient[i] += objective::penalty_slope(weights[i], penalty, weights.size());
  if (is_finite(found)) return;
  found = search::Losses{std::numeric_limits<double>::infinity()};
  found.faults.emplace_back().cause = "its loss or its gradient is not a number";
}

}  // namespace

std::string join_request(const plan::TrialInputs& trial_inputs, size_t number) {
  return base::encode(RankRequest{.kind = RequestKind::join,
                                  .number = number,
                                  .trial = encode_trial(trial_inputs.trial),
                                  .body = trial_inputs.rows_hash()});
}

std::string TrialEvaluator::request(RequestKind kind, std::string body) const {
  return base::encode(RankRequest{.kind = kind,
                                  .number = trial_.number,
                                  .trial = message_,
                                  .kept = kept_,
                                  .body = std::move(body)});
}

LoadedModules TrialEvaluator::load() {
  const workers::Outcome outcome =
      ranks_.call({join_request(trial_.inputs, trial_.number)}).front();
  base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
  auto loaded = base::decode<LoadedModules>(outcome.bytes);
  trial_.inputs.modules = loaded.names;
  if (around_.known && loaded.truncated_from > 0)
    for (std::string& hash : around_.known->modules) hash += base::format(" rank {}", trial().rank);
  return loaded;
}

std::vector<double> TrialEvaluator::single_losses() {
  std::vector<double> losses(trial_.inputs.modules.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < losses.size(); ++i) {
    const Probed* probed =
        around_.known ? around_.known->cache.find(around_.known->modules[i]) : nullptr;
    if (probed == nullptr) {
      open.push_back(i);
    } else {
      losses[i] = probed->loss;
      borrowed_ += probed->seconds;
    }
  }
  if (open.empty()) return losses;
  std::vector<std::string> requests;
  for (const size_t i : open)
    requests.push_back(
        request(RequestKind::probe, base::encode(ProbeRequest{.place = static_cast<uint32_t>(i)})));
  ++waits_;
  const base::Stopwatch clock;
  const std::vector<workers::Outcome> outcomes = ranks_.call(requests);
  const double seconds = clock.seconds() / static_cast<double>(open.size());
  for (size_t j = 0; j < open.size(); ++j) {
    base::check(outcomes[j].result == workers::Result::reply, "{}", outcomes[j].bytes);
    losses[open[j]] = base::decode<double>(outcomes[j].bytes);
    if (around_.known)
      around_.known->cache.add(around_.known->modules[open[j]],
                               {.loss = losses[open[j]], .seconds = seconds});
  }
  if (around_.known) around_.known->cache.save();
  return losses;
}

std::vector<double> TrialEvaluator::first_slopes() {
  search::Population zero{.dim = modules(), .weights = {}};
  zero.weights.resize(static_cast<size_t>(modules()));
  const search::Evaluation found =
      slopes_at(zero, slope_tiles(study::LossKind::official, 0)).front();
  base::check(is_finite(found),
              "the loss of the shots or its slope along some module is not a number (so none can "
              "be retrieved by `slope`), leave that module out, or take another way");
  return found.gradient;
}

void TrialEvaluator::narrow() {
  if (plan::probe_count(trial(), modules()) == 0) return;
  const auto count = static_cast<size_t>(trial().retrieve.count);
  const bool by_slope = plan::probe_backwards(trial(), modules()) > 0;
  std::vector<std::string> names;
  for (const size_t place : lora::least(by_slope ? first_slopes() : single_losses(), count)) {
    kept_.push_back(static_cast<uint32_t>(place));
    names.push_back(trial_.inputs.modules[place]);
  }
  trial_.inputs.modules = std::move(names);
}

std::vector<int> TrialEvaluator::shot_tokens() const {
  std::vector<int> tokens;
  for (const model::Tokens& pair : trial_.inputs.pairs)
    tokens.push_back(static_cast<int>(pair.target.size()));
  return tokens;
}

// The candidates of a search by delta evaluation are computed by differences from centres.
search::Population TrialEvaluator::with_centres(const search::Population& population,
                                                RequestKind how) const {
  if (how != RequestKind::search || trial().precision == study::exact(trial().precision))
    return population;
  return search::with_centres(population, trial().search);
}

TrialEvaluator::Measured TrialEvaluator::measured(const search::Population& population,
                                                  RequestKind how, int kinds) {
  ++waits_;
  const auto call = [this, how](const std::vector<std::string>& tiles) {
    std::vector<std::string> requests;
    for (const std::string& tile : tiles) requests.push_back(request(how, tile));
    return ranks_.call(requests);
  };
  std::map<int, std::string> causes;  // by candidate: several tiles may report the same one
  const auto note = [&](const search::Fault& fault) {
    causes.emplace(fault.candidate, fault.cause);
  };
  Measured measured{
      .sums = search::measure_all(across(call, note), with_centres(population, how),
                                  {static_cast<int>(inputs().pairs.size()), kinds}, tile_shape()),
      .faults = {}};
  for (const auto& [candidate, cause] : causes)
    measured.faults.push_back({.candidate = candidate, .cause = cause});
  return measured;
}

search::Sums TrialEvaluator::sums(const search::Population& population) {
  return measured(population, RequestKind::measure, 1).sums;
}

search::Evaluation TrialEvaluator::asked(const search::Population& population,
                                         const study::Penalty& penalty) {
  ++waits_;
  search::Evaluation found = asked_loss_(population);
  for (int p = 0; p < population.size(); ++p)
    found.losses[static_cast<size_t>(p)] += objective::penalty(population.row(p), penalty);
  return found;
}

search::Losses TrialEvaluator::losses(const search::Sums& sums,
                                      const search::Population& population,
                                      const study::Penalty& penalty, RequestKind how) const {
  const objective::LossRule rule{
      .kind = trial().loss, .penalty = penalty, .batch = around_.loss_batch};
  const int held_out = how == RequestKind::search ? trial().held_out : 0;
  if (held_out == 0) return objective::reduce(sums, shot_tokens(), population, rule);
  return objective::reduce(
      sums, shot_tokens(), population, rule,
      {.shots = held_out, .population = search::resolved(trial().search, modules()).population});
}

search::Evaluate TrialEvaluator::evaluate(const study::Penalty& penalty, RequestKind how) {
  return [this, penalty, how](const search::Population& population) {
    if (trial().loss == study::LossKind::ask) return asked(population, penalty);
    Measured found = measured(population, how, objective::numbers_per_shot(trial().loss));
    return search::Evaluation(losses(found.sums, population, penalty, how),
                              std::move(found.faults));
  };
}

search::Evaluate TrialEvaluator::ahead(const search::Evaluate& evaluate,
                                       const search::Optimizer& optimizer) {
  struct Known {
    double loss = 0;
    std::vector<search::Fault> faults;  // of candidate 0, or none
  };
  return [this, evaluate, &optimizer,
          known = std::map<std::vector<double>, Known>()](const search::Population& asked) mutable {
    assert(asked.size() == 1);
    if (!known.contains(asked.weights)) {
      search::Population all = asked;
      all.add(optimizer.foresee(ranks_.slots() - 1).weights);
      const search::Evaluation found = evaluate(all);
      for (int p = 0; p < all.size(); ++p)
        known[{all.row(p).begin(), all.row(p).end()}] = {
            .loss = found.losses[static_cast<size_t>(p)], .faults = {}};
      for (const search::Fault& fault : found.faults) {
        const auto row = all.row(fault.candidate);
        known[{row.begin(), row.end()}].faults = {{.candidate = 0, .cause = fault.cause}};
      }
    }
    const Known& answer = known.at(asked.weights);
    return search::Evaluation({answer.loss}, answer.faults);
  };
}

std::vector<plan::SlopeTile> TrialEvaluator::slope_tiles(study::LossKind kind, int batch) const {
  std::vector<plan::Lengths::RowLengths> shots;
  for (const model::Tokens& pair : inputs().pairs)
    shots.push_back({.source = static_cast<double>(pair.source.size()),
                     .target = static_cast<double>(pair.target.size())});
  return plan::slope_tiles(objective::loss_parts({.kind = kind, .batch = batch}, shots.size()),
                           shots, trial_.device);
}

// Loss and gradient at each point, in one round of requests. The tiles of a point are added in
// their order, so that the bits do not depend on who computed them.
std::vector<search::Evaluation> TrialEvaluator::slopes_at(
    const search::Population& points, const std::vector<plan::SlopeTile>& tiles) {
  std::vector<std::string> requests;
  for (int p = 0; p < points.size(); ++p)
    for (const plan::SlopeTile& tile : tiles)
      requests.push_back(
          request(RequestKind::slope,
                  base::encode(tile_request(points, {.first_candidate = p,
                                                     .candidates = 1,
                                                     .first_example = static_cast<int>(tile.first),
                                                     .examples = static_cast<int>(tile.count)}))));
  ++waits_;
  const std::vector<workers::Outcome> outcomes = ranks_.call(requests);
  std::vector<search::Evaluation> all;
  for (size_t first = 0; first < outcomes.size(); first += tiles.size())
    all.push_back(slope_of(tiles, std::span(outcomes).subspan(first, tiles.size()), modules()));
  return all;
}

search::Evaluate TrialEvaluator::slopes(const study::Penalty& penalty) {
  const study::Train& train = trial().train;
  const search::SmoothingPoints smoothing(train.smoothing, train.smoothing_pairs, modules(),
                                          trial().seed.search);
  return [this, penalty, smoothing](const search::Population& population) {
    assert(population.size() == 1);
    const search::Population points = smoothing.around(population.row(0));
    std::vector<search::Evaluation> found =
        slopes_at(points, slope_tiles(trial().loss, around_.loss_batch));
    for (int p = 0; p < points.size(); ++p)
      add_penalty(points.row(p), penalty, found[static_cast<size_t>(p)]);
    return search::mean(found);
  };
}

void TrialEvaluator::check_found(double best_loss) const {
  base::check(
      std::isfinite(best_loss),
      "no candidate has a finite loss (the journal and the table /faults say why), leave out "
      "the modules that spoil the mixture");
}

// The ranks' replies for all batches of test rows.
std::vector<std::string> TrialEvaluator::by_batches(RequestKind kind,
                                                    const std::vector<double>& weights) const {
  std::vector<std::string> requests;
  for (size_t batch = 0; batch < trial_.inputs.batches(); ++batch)
    requests.push_back(
        request(kind, base::encode(AnswerRequest{.batch = batch, .weights = weights})));
  std::vector<std::string> replies;
  for (workers::Outcome& outcome : ranks_.call(requests)) {
    base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
    replies.push_back(std::move(outcome.bytes));
  }
  return replies;
}

std::vector<std::string> TrialEvaluator::answers(const std::vector<double>& weights) {
  std::vector<std::string> all;
  for (const std::string& reply : by_batches(RequestKind::answer, weights))
    for (auto& text : base::decode<std::vector<std::string>>(reply)) all.push_back(std::move(text));
  return all;
}

WeighedBatch TrialEvaluator::weighed_answers() {
  WeighedBatch all;
  for (const std::string& reply : by_batches(RequestKind::weigh, {})) {
    auto batch = base::decode<WeighedBatch>(reply);
    std::ranges::move(batch.texts, std::back_inserter(all.texts));
    all.weights.insert(all.weights.end(), batch.weights.begin(), batch.weights.end());
  }
  return all;
}

TrainingResult TrialEvaluator::train() {
  ++waits_;
  const workers::Outcome outcome = ranks_.call({request(RequestKind::train, "")}).front();
  base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
  return base::decode<TrainingResult>(outcome.bytes);
}

}  // namespace lorahub::run
