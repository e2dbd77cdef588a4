#include "run/lead/trial_evaluator.hpp"

#include <cassert>
#include <cmath>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "lora/retrieve.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

std::string join_request(const plan::TrialInputs& brief, size_t index) {
  return encode({.kind = RequestKind::join, .trial = index, .body = brief.rows_hash()});
}

std::string TrialEvaluator::unit(RequestKind kind, const std::string& body) const {
  return encode({.kind = kind, .trial = index_, .kept = kept_, .body = body});
}

Loaded TrialEvaluator::load() {
  const workers::Outcome outcome = leader_.call({join_request(brief_, index_)}).front();
  base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
  Loaded loaded = read_loaded(outcome.bytes);
  brief_.modules = loaded.modules;
  if (known && loaded.truncated_from > 0)
    for (std::string& hash : known->modules) hash += base::format(" rank {}", trial().rank);
  return loaded;
}

std::vector<double> TrialEvaluator::single_losses() {
  std::vector<double> losses(brief_.modules.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < losses.size(); ++i) {
    const Probed* probed = known ? known->cache.find(known->modules[i]) : nullptr;
    if (probed == nullptr) {
      open.push_back(i);
    } else {
      losses[i] = probed->loss;
      borrowed += probed->seconds;
    }
  }
  if (open.empty()) return losses;
  std::vector<std::string> units;
  for (const size_t i : open) {
    std::string place;
    base::put_bytes(place, &i, 1);
    units.push_back(unit(RequestKind::probe, place));
  }
  ++waits_;
  const base::Stopwatch clock;
  const std::vector<workers::Outcome> outcomes = leader_.call(units);
  const double seconds = clock.seconds() / static_cast<double>(open.size());
  for (size_t j = 0; j < open.size(); ++j) {
    base::check(outcomes[j].result == workers::Result::reply, "{}", outcomes[j].bytes);
    losses[open[j]] = base::ByteReader(outcomes[j].bytes).one<double>();
    if (known)
      known->cache.add(known->modules[open[j]], {.loss = losses[open[j]], .seconds = seconds});
  }
  if (known) known->cache.save();
  return losses;
}

void TrialEvaluator::narrow() {
  if (plan::probe_count(trial(), modules()) == 0) return;
  const auto count = static_cast<size_t>(trial().retrieve.count);
  std::vector<std::string> names;
  for (const size_t place : lora::least(single_losses(), count)) {
    kept_.push_back(static_cast<uint32_t>(place));
    names.push_back(brief_.modules[place]);
  }
  brief_.modules = std::move(names);
}

std::vector<int> TrialEvaluator::shot_tokens() const {
  std::vector<int> tokens;
  for (const model::Tokens& pair : brief_.pairs)
    tokens.push_back(static_cast<int>(pair.target.size()));
  return tokens;
}

search::Sums TrialEvaluator::sums(const search::Population& population, RequestKind how) const {
  faults_.clear();
  ++waits_;
  const auto call = [this, how](const std::vector<std::string>& tiles) {
    std::vector<std::string> units;
    for (const std::string& tile : tiles) units.push_back(unit(how, tile));
    return leader_.call(units);
  };
  const auto note = [this](const search::Fault& fault) {
    faults_.emplace(fault.candidate, fault.cause);
  };
  return search::measure_all(across(call, note), population, static_cast<int>(brief_.pairs.size()),
                             tile_shape());
}

search::Evaluate TrialEvaluator::evaluate(const study::Penalty& penalty, RequestKind how) const {
  return [this, penalty, how](const search::Population& population) {
    return objective::reduce(sums(population, how), shot_tokens(), population,
                             {.kind = trial().loss, .penalty = penalty, .batch = loss_batch});
  };
}

search::Evaluate TrialEvaluator::ahead(const search::Evaluate& evaluate,
                                       const search::Optimizer& optimizer) const {
  struct Known {
    double loss = 0;
    std::string fault;  // "": none
  };
  return [this, evaluate, &optimizer,
          known = std::map<std::vector<double>, Known>()](const search::Population& asked) mutable {
    assert(asked.size() == 1);
    if (!known.contains(asked.weights)) {
      search::Population all = asked;
      all.add(optimizer.foresee(leader_.slots() - 1).weights);
      const search::Losses losses = evaluate(all);
      for (int p = 0; p < all.size(); ++p) {
        const auto fault = faults_.find(p);
        known[{all.row(p).begin(), all.row(p).end()}] = {
            .loss = losses[static_cast<size_t>(p)],
            .fault = fault == faults_.end() ? "" : fault->second};
      }
    }
    const Known& answer = known.at(asked.weights);
    faults_.clear();
    if (!answer.fault.empty()) faults_.emplace(0, answer.fault);
    return search::Losses{answer.loss};
  };
}

std::vector<search::Fault> TrialEvaluator::faults() const {
  std::vector<search::Fault> list;
  for (const auto& [candidate, cause] : faults_)
    list.push_back({.candidate = candidate, .cause = cause});
  return list;
}

void TrialEvaluator::check_found(double best_loss) const {
  base::check(
      std::isfinite(best_loss),
      "no candidate has a finite loss (the journal and the table /faults say why), leave out "
      "the modules that spoil the mixture");
}

std::vector<std::string> TrialEvaluator::answers(const std::vector<double>& weights) const {
  std::vector<std::string> units;
  for (size_t batch = 0; batch < brief_.batches(); ++batch)
    units.push_back(unit(RequestKind::answer, answer_body({.batch = batch, .weights = weights})));
  std::vector<std::string> all;
  for (const workers::Outcome& outcome : leader_.call(units)) {
    base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
    for (std::string& text : base::unpack_texts(outcome.bytes)) all.push_back(std::move(text));
  }
  return all;
}

MethodResult TrialEvaluator::train() const {
  ++waits_;
  const workers::Outcome outcome = leader_.call({unit(RequestKind::train, "")}).front();
  base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
  return unpack_result(outcome.bytes);
}

}  // namespace lorahub::run
