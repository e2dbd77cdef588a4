#include "run/adapt.hpp"

#include "lora/claim.hpp"
#include "lora/load_modules.hpp"
#include "plan/input_hashes.hpp"
#include "run/lead/agreement.hpp"
#include "run/lead/methods/methods.hpp"
#include "run/lead/run_trial.hpp"

namespace lorahub::run {
namespace {

Adapted search_weights(TrialEvaluator& evaluator, const Adaptation& adaptation,
                       const Output& output) {
  evaluator.load();
  lora::claim(output.folder,
              {.base = evaluator.trial().model, .library = lora::library(output.form)});
  evaluator.narrow();
  const auto n = static_cast<size_t>(evaluator.modules());
  search::Population probes{.dim = evaluator.modules(), .weights = std::vector<double>(n)};  // base
  for (size_t i = 0; i < n && adaptation.single_losses; ++i) {
    probes.weights.resize((i + 2) * n);
    probes.weights[(i + 1) * n + i] = 1;
  }
  const search::Losses probed = evaluator.evaluate(evaluator.trial().penalty)(probes).losses;
  const MethodResult choice = searched(evaluator);
  return {.modules = evaluator.inputs().modules,
          .weights = choice.weights,
          .loss = choice.loss,
          .zero_loss = probed[0],
          .single_loss = {probed.begin() + 1, probed.end()},
          .evaluations = evaluator.trial().search.budget};
}

void check_ranks_agree(workers::Dispatcher& dispatcher, const plan::TrialInputs& brief) {
  if (dispatcher.ranks() == 1) return;
  std::map<std::string, std::string> hashes;
  store::Inputs inputs = plan::file_inputs(brief.trial, hashes);
  inputs["shots"] = brief.task.shots_sha256;
  check_agreement(dispatcher, {.trials = {brief.trial}, .inputs = {inputs}, .by_path = hashes});
}

// What rank 0 needs to write the result. It loads model and modules once more for that, since the
// search may have run on other ranks alone.
struct Found {
  const plan::TrialInputs& brief;
  const Adaptation& adaptation;
  const Adapted& adapted;
};
Delivered delivered(const Found& found, const objective::Hardware& hardware, const Output& output) {
  const auto& [brief, adaptation, adapted] = found;
  const study::Trial& trial = brief.trial;
  const objective::LoadedModel loaded =
      objective::load_model(trial.model_path, trial.precision, hardware);
  lora::Modules kept;
  const lora::Pool pool = lora::stack(lora::load_modules({.model = trial.model_path,
                                                          .library = trial.library_path,
                                                          .names = adapted.modules,
                                                          .rank = trial.rank,
                                                          .threads = loaded.threads},
                                                         loaded.model->architecture(), kept),
                                      loaded.model->architecture(), loaded.device, loaded.threads);
  return deliver(loaded,
                 {.trial = trial,
                  .task = brief.task,
                  .pool = pool,
                  .weights = adapted.weights,
                  .loss = adapted.loss,
                  .zero_loss = adapted.zero_loss,
                  .evaluations = adapted.evaluations,
                  .loss_batch = adaptation.loss_batch},
                 output);
}

}  // namespace

Adapted adapt(workers::Dispatcher& dispatcher, const Adaptation& adaptation,
              const objective::Hardware& hardware, const Output& output) {
  lora::check_free(output.folder, output.force);
  const plan::StudyCost cost =
      plan::cost({adaptation.trial}, {.ranks = dispatcher.ranks(),
                                      .threads = hardware.threads,
                                      .flops_per_second = 1,  // no duration is printed
                                      .device = hardware.device,
                                      .reads = plan::Reads::shots});
  cautions(cost, dispatcher, hardware.device, adaptation.memory_check);
  plan::Tokenizers tokenizers;
  const plan::TrialInputs mine = plan::trial_inputs(adaptation.trial, tokenizers);
  check_ranks_agree(dispatcher, mine);
  Adapted adapted;
  const auto lead = [&](const workers::JobHandle& job) {
    EvaluationHooks around{.loss_batch = adaptation.loss_batch, .added = adaptation.added};
    std::map<std::string, std::string> hashes;
    if (plan::probe_count(mine.trial, static_cast<int>(mine.modules.size())) > 0)
      around.known = known_probes(mine, plan::file_inputs(mine.trial, hashes), hardware.device);
    TrialEvaluator evaluator(job, {.inputs = mine, .index = 0, .device = hardware.device},
                             std::move(around));
    adapted = search_weights(evaluator, adaptation, output);
  };
  dispatcher.work({{.size = {}, .join = join_request(mine, 0), .lead = lead}}, 1);
  adapted.delivered =
      delivered({.brief = mine, .adaptation = adaptation, .adapted = adapted}, hardware, output);
  return adapted;
}

}  // namespace lorahub::run
