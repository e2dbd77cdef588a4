// What a method sees while it runs on the coordinator: losses of candidates and answers of
// mixtures, whoever computes them.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/trial_inputs.hpp"
#include "run/lead/probe_cache.hpp"
#include "run/messages/across.hpp"
#include "run/messages/loaded.hpp"
#include "run/messages/method_result.hpp"
#include "run/messages/requests.hpp"
#include "search/minimize.hpp"
#include "search/optimizer.hpp"

namespace lorahub::run {

class TrialEvaluator {
 public:
  // `index`: of the trial in the plan that all ranks know. `device`: what they compute on.
  TrialEvaluator(const workers::JobHandle& leader, plan::TrialInputs brief, size_t index,
                 base::Device device)
      : leader_(leader), brief_(std::move(brief)), index_(index), device_(device) {}

  const plan::TrialInputs& brief() const { return brief_; }
  const study::Trial& trial() const { return brief_.trial; }
  int modules() const { return static_cast<int>(brief_.modules.size()); }  // N
  search::TileShape tile_shape() const { return brief_.tile_shape(device_); }
  Loaded load();  // one rank has loaded the trial: its errors come first, and brief().modules are
                  // those that `retrieve: similarity|text` left
  void narrow();  // after it, those of `retrieve: probe`: each candidate alone, by all ranks
  std::vector<int> shot_tokens() const;  // [K], target tokens with </s>

  // Computed by all ranks. `how`: measure, or search: in the trial's precision.
  search::Sums sums(const search::Population& population,
                    RequestKind how = RequestKind::measure) const;
  // The trial's loss of these, and a penalty.
  search::Evaluate evaluate(const study::Penalty& penalty,
                            RequestKind how = RequestKind::measure) const;
  // The same losses for a search that asks one candidate at a time: ranks that would be idle
  // compute what `optimizer` may ask for next.
  search::Evaluate ahead(const search::Evaluate& evaluate,
                         const search::Optimizer& optimizer) const;
  long waits() const { return waits_; }  // for ranks, since the beginning
  // Candidates of the last evaluation that count as infinite since they could not be evaluated.
  std::vector<search::Fault> faults() const;
  void check_found(double best_loss) const;  // Error when no candidate has a loss
  std::vector<std::string> answers(
      const std::vector<double>& weights) const;  // of the test rows; {}: the base
  MethodResult train() const;  // the trial's training (training.hpp), by one rank

  // Called after each generation with the trace so far.
  search::Observer observer;
  // Set by who adapts outside a study (adapt.hpp): as objective::LossRule, and what is added to
  // each loss of a search.
  int loss_batch = 0;
  search::Added added;
  // Wraps the evaluate of a search: recorded in the journal, or nothing.
  std::function<search::Evaluate(search::Evaluate)> record = [](search::Evaluate f) { return f; };
  // Throws where a file of the trial is not what it was when it was hashed.
  std::function<void()> check_files = [] {};
  std::optional<KnownProbes> known;  // none: every candidate is probed
  double borrowed = 0;  // seconds that others spent on probes and generations of this one

 private:
  std::string unit(RequestKind kind, const std::string& body) const;
  std::vector<double> single_losses();
  const workers::JobHandle& leader_;
  plan::TrialInputs brief_;
  size_t index_;
  base::Device device_;
  std::vector<uint32_t> kept_;                 // places of the candidates, as narrow() left them
  mutable std::map<int, std::string> faults_;  // by candidate: the cause
  mutable long waits_ = 0;
};

// The job of a trial for workers::Dispatcher: what a rank is told before its first unit.
std::string join_request(const plan::TrialInputs& brief, size_t index);

}  // namespace lorahub::run
