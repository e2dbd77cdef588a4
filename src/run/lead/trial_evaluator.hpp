// What a method uses while it runs on the coordinator: losses of candidates and answers of
// mixtures, whichever ranks compute them.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "plan/slope_tiles.hpp"
#include "plan/trial_inputs.hpp"
#include "run/lead/asked_loss.hpp"
#include "run/lead/probe_cache.hpp"
#include "run/messages/across.hpp"
#include "run/messages/messages.hpp"
#include "run/messages/training_result.hpp"
#include "run/messages/trial_message.hpp"
#include "search/minimize.hpp"
#include "search/optimizer.hpp"

namespace lorahub::run {

// What surrounds the evaluations of a trial.
struct EvaluationHooks {
  // Called after each generation with the trace so far.
  search::Observer observer = {};
  // Wraps the evaluate of a search, to record it in a journal; the default changes nothing.
  std::function<search::Evaluate(search::Evaluate)> record = [](search::Evaluate f) { return f; };
  // Throws where a file of the trial is not what it was when it was hashed.
  std::function<void()> check_files = [] {};
  std::optional<KnownProbes> known = {};  // none: every candidate is probed
  // Set by adapt() outside a study (run/adapt.hpp): the batch of objective::LossRule, and a term
  // added to each loss of a search.
  int loss_batch = 0;
  search::Added added = {};
};

// A trial as the coordinator knows it.
struct LedTrial {
  plan::TrialInputs inputs;
  size_t number = 0;                        // of the trial, for messages to people
  base::Device device = base::Device::cpu;  // what the ranks compute on
};

class TrialEvaluator {
 public:
  TrialEvaluator(const workers::JobHandle& ranks, LedTrial trial, EvaluationHooks surroundings)
      : ranks_(ranks),
        trial_(std::move(trial)),
        message_(encode_trial(trial_.inputs.trial)),
        around_(std::move(surroundings)) {}

  const plan::TrialInputs& inputs() const { return trial_.inputs; }
  const study::Trial& trial() const { return trial_.inputs.trial; }
  const EvaluationHooks& surroundings() const { return around_; }
  int modules() const { return static_cast<int>(inputs().modules.size()); }  // N
  search::TileShape tile_shape() const { return inputs().tile_shape(trial_.device); }
  // Lets one rank load the trial, so that an error of the inputs is found before all ranks work.
  // Then inputs().modules are the modules that `retrieve` by similarity, text or norm has kept.
  LoadedModules load();
  // With `retrieve: probe`, measures each candidate alone on all ranks and keeps those of least
  // loss in inputs().modules; with `slope`, those whose weights lower the loss most at w = 0. Else
  // does nothing. To be called after load().
  void narrow();
  std::vector<int> shot_tokens() const;  // [K], target tokens with </s>

  // Sums of losses of all candidates, computed by all ranks in the model's own precision.
  search::Sums sums(const search::Population& population);
  // Returns a function from candidates to the trial's loss plus a penalty; it refers to this
  // object. `how` is RequestKind::measure (the model's own precision) or RequestKind::search (the
  // trial's precision, and without the shots that each run of the search holds out:
  // objective/held_out.hpp).
  search::Evaluate evaluate(const study::Penalty& penalty, RequestKind how = RequestKind::measure);
  // The same losses for a search that asks one candidate at a time: ranks that would be idle
  // compute what `optimizer` may ask for next.
  search::Evaluate ahead(const search::Evaluate& evaluate, const search::Optimizer& optimizer);
  // Returns a function from one candidate to the trial's loss plus a penalty, with the gradient of
  // this sum, computed by all ranks; smoothed over points around the candidate where the trial says
  // so.
  search::Evaluate slopes(const study::Penalty& penalty);
  void check_found(double best_loss) const;  // Error when no candidate has a loss
  std::vector<std::string> answers(const std::vector<double>& weights);  // of the test rows; {}:
                                                                         // the base
  WeighedBatch weighed_answers();  // of the test rows, by a method that weighs each input
  TrainingResult train();          // the trial's training (run/rank/training.hpp), by one rank

  long waits() const { return waits_; }  // how often the trial has waited for ranks so far
  // Seconds that earlier runs spent on the probes that were known.
  double borrowed() const { return borrowed_; }

 private:
  struct Measured {
    search::Sums sums;
    std::vector<search::Fault> faults;
  };
  search::Population with_centres(const search::Population& population, RequestKind how) const;
  // `kinds` of numbers of each shot (objective/loss_kinds.hpp).
  Measured measured(const search::Population& population, RequestKind how, int kinds);
  search::Losses losses(const search::Sums& sums, const search::Population& population,
                        const study::Penalty& penalty, RequestKind how) const;
  // The losses that the trial's program says, plus the penalty.
  search::Evaluation asked(const search::Population& population, const study::Penalty& penalty);
  std::vector<plan::SlopeTile> slope_tiles(study::LossKind kind, int batch) const;
  std::vector<search::Evaluation> slopes_at(const search::Population& points,
                                            const std::vector<plan::SlopeTile>& tiles);
  std::string request(RequestKind kind, std::string body) const;
  std::vector<std::string> by_batches(RequestKind kind, const std::vector<double>& weights) const;
  std::vector<double> single_losses();
  std::vector<double> first_slopes();  // of the official loss by each candidate's weight, at w = 0
  const workers::JobHandle& ranks_;
  LedTrial trial_;
  const std::string message_;  // the trial, as requests carry it
  EvaluationHooks around_;
  AskedLoss asked_loss_{trial_.inputs};
  std::vector<uint32_t> kept_;  // places of the candidates, as narrow() left them
  long waits_ = 0;
  double borrowed_ = 0;
};

// The request that makes a rank load the trial; workers::Dispatcher sends it before the rank's
// first one of this job. `number` is as in LedTrial.
std::string join_request(const plan::TrialInputs& trial_inputs, size_t number);

}  // namespace lorahub::run
