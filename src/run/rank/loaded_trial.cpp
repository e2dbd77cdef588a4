#include "run/rank/loaded_trial.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "objective/alone.hpp"
#include "objective/answer_errors.hpp"
#include "run/rank/retrieval.hpp"
#include "run/rank/training.hpp"
#include "tensor/cuda/gpu.hpp"

namespace lorahub::run {

// An error leaves `loaded_` false, so that the next request loads everything again.
void LoadedTrial::load() {
  inputs_ = plan::trial_inputs(trial_, tokenizers_);
  if (study::uses_modules(trial_.method)) {
    candidates_ = models_.modules(trial_, inputs_.modules);
    truncated_from_ = 0;
    for (const lora::Module& module : candidates_)
      truncated_from_ = std::max(truncated_from_, module.truncated_from);
    const bool probes = plan::probe_count(trial_, static_cast<int>(candidates_.size())) > 0;
    if (!probes)  // with `retrieve: probe` or `slope`, keep() does it
      use_pool(retrieved({.trial = trial_, .task = inputs_.task, .modules = candidates_}));
  }
  log_.line("begin", study::label(trial_));
  loaded_ = true;
}

void LoadedTrial::stack(const std::vector<lora::Module>& chosen) {
  measure_ = search_ = {};  // these refer to the pool, which is replaced now
  mixing_.reset();
  input_weights_.reset();
  composer_.reset();
  adapter_.reset();
  inputs_.modules.clear();
  for (const lora::Module& module : chosen) inputs_.modules.push_back(module.name);
  const objective::Hardware& hardware = models_.hardware();
  pool_ = lora::stack(chosen, models_.loaded().model->architecture(), hardware.device,
                      hardware.threads);
}

void LoadedTrial::use_pool(const std::vector<lora::Module>& chosen) {
  stack(chosen);
  const objective::LoadedModel& loaded = models_.loaded();
  if (trial_.method == study::Method::random_lora)
    pool_ = lora::random_like(*pool_, trial_.seed.search);
  const objective::Mixture mixture{.pool = *pool_,
                                   .composition = study::mixing_rule(trial_),
                                   .engine = trial_.engine,
                                   .centres = trial_.search.runs};
  measure_ = objective::make_measure(loaded, mixture, inputs_.pairs);
  search_ = measure_;
  if (study::uses_search(trial_.method)) {
    models_.need_narrow_weights(trial_.precision);
    search_ = objective::make_search_measure(loaded, mixture, inputs_.pairs);
  }
  if (study::reads_answers(trial_.loss)) {
    const auto shots = objective::answered_shots(trial_, inputs_.task, inputs_.pairs);
    measure_ = objective::with_answer_errors(measure_, loaded, mixture, shots);
    search_ = objective::with_answer_errors(search_, loaded, mixture, shots);
  }
  if (study::mixes_by_gradient(trial_.method))
    mixing_.emplace(loaded.model,
                    train::MixtureTraining{.pool = *pool_, .composition = trial_.composition});
  input_weights_ = objective::input_weights(loaded, *pool_, trial_);
  if (input_weights_) composer_.emplace(*pool_, study::mixing_rule(trial_), loaded.dtype());
  tensor::wait_for_gpu(loaded.device);  // other threads use streams of their own
}

void LoadedTrial::keep(const std::vector<uint32_t>& places) {
  std::vector<lora::Module> chosen;
  for (const uint32_t place : places) chosen.push_back(candidates_.at(place));
  kept_.clear();
  use_pool(chosen);
  kept_ = places;
}

// In the product form, since the factor form has no slope at w = 0.
void LoadedTrial::mix_candidates() {
  kept_.clear();
  stack(candidates_);
  mixing_.emplace(
      models_.loaded().model,
      train::MixtureTraining{.pool = *pool_, .composition = study::Composition::product});
  tensor::wait_for_gpu(models_.loaded().device);
}

bool LoadedTrial::is_of_candidates(const RankRequest& request) const {
  return request.kind == RequestKind::slope && request.kept.empty() &&
         plan::probe_backwards(trial_, static_cast<int>(candidates_.size())) > 0;
}

std::shared_lock<std::shared_mutex> LoadedTrial::ready(const RankRequest& request) {
  const auto lacks_kept = [&] { return !request.kept.empty() && request.kept != kept_; };
  const auto lacks_candidates = [&] {
    return is_of_candidates(request) && !(mixing_ && kept_.empty());
  };
  for (;;) {
    std::shared_lock shared(loading_);
    if (loaded_ && !lacks_kept() && !lacks_candidates()) return shared;
    shared.unlock();
    const std::unique_lock alone(loading_);
    if (!loaded_) load();
    if (lacks_kept()) keep(request.kept);
    if (lacks_candidates()) mix_candidates();
  }
}

std::string LoadedTrial::join(const std::string& rows_hash) const {
  base::check(inputs_.rows_hash() == rows_hash,
              "it reads other rows of task '{}' than rank 0 (its files differ), put the data on a "
              "shared disk",
              trial_.task);
  std::vector<std::string> names = inputs_.modules;  // those that `retrieve` left, or all
  if (!kept_.empty()) {
    names.clear();
    for (const lora::Module& module : candidates_) names.push_back(module.name);
  }
  return base::encode(LoadedModules{.truncated_from = truncated_from_, .names = std::move(names)});
}

std::string LoadedTrial::measure(const std::string& body, const search::Measure& measure) const {
  return measure_tile(
      body, measure,
      Measurable{.dim = measure ? static_cast<int>(inputs_.modules.size()) : -1,
                 .examples = static_cast<int>(inputs_.pairs.size()) *
                             std::max(1, objective::numbers_per_shot(trial_.loss))});
}

std::string LoadedTrial::slope(const std::string& body) const {
  const auto asked = base::decode<TileRequest>(body);
  check_fits(asked, {.dim = mixing_ ? static_cast<int>(inputs_.modules.size()) : -1,
                     .examples = static_cast<int>(inputs_.pairs.size())});
  base::check(asked.candidates == 1 && asked.examples > 0,
              "a rank was asked for a gradient of {} candidates on {} examples (the ranks may be "
              "different builds), start the same program on all nodes",
              asked.candidates, asked.examples);
  train::Mixing::Slope found = mixing_->slope(
      asked.weights,
      std::span(inputs_.pairs)
          .subspan(static_cast<size_t>(asked.first_example), static_cast<size_t>(asked.examples)));
  return base::encode(Slope{.loss = found.loss, .gradient = std::move(found.gradient)});
}

std::string LoadedTrial::probe(const std::string& body) const {
  const auto [place] = base::decode<ProbeRequest>(body);
  return base::encode(
      objective::single_loss(models_.loaded(), candidates_.at(place), inputs_.pairs));
}

std::shared_ptr<const model::Adapter> LoadedTrial::adapter(const std::vector<double>& weights) {
  const std::lock_guard lock(adapter_mutex_);
  if (!adapter_ || weights != adapter_weights_) {
    const objective::LoadedModel& loaded = models_.loaded();
    adapter_ = std::make_shared<const model::Adapter>(
        weights.empty()
            ? model::Adapter{}
            : lora::compose(*pool_, weights, study::mixing_rule(trial_), loaded.dtype()));
    tensor::wait_for_gpu(loaded.device);  // other threads use streams of their own
    adapter_weights_ = weights;
  }
  return adapter_;
}

std::span<const std::string> LoadedTrial::prompts_of(uint64_t number, size_t weights) const {
  const auto batch = static_cast<size_t>(trial_.batch);
  base::check(number < inputs_.batches() && (weights == 0 || weights == inputs_.modules.size()),
              "a rank was asked for answers to batch {} of {} by {} of {} weights (the ranks read "
              "different studies), put it on a shared disk",
              number + 1, inputs_.batches(), weights, inputs_.modules.size());
  const size_t first = number * batch;
  return std::span(inputs_.prompts).subspan(first, std::min(batch, inputs_.prompts.size() - first));
}

// A batch is computed as a whole, so its bits are the same on any rank.
std::string LoadedTrial::answer(const std::string& body) {
  const auto [number, weights] = base::decode<AnswerRequest>(body);
  const auto prompts = prompts_of(number, weights.size());
  return base::encode(objective::answer(
      models_.loaded(), *adapter(weights), prompts,
      {.scoring = inputs_.task.scoring, .max_tokens = trial_.max_tokens, .batch = trial_.batch}));
}

std::string LoadedTrial::weigh(const std::string& body) const {
  base::check(input_weights_ != nullptr,
              "a rank was asked to weigh the inputs of a trial that has one mixture (the ranks may "
              "be different builds), start the same program on all nodes");
  objective::WeighedAnswers answers = objective::answer_weighed(
      models_.loaded(), {.weights = *input_weights_, .compose = *composer_},
      prompts_of(base::decode<AnswerRequest>(body).batch, 0),
      {.scoring = inputs_.task.scoring, .max_tokens = trial_.max_tokens});
  return base::encode(
      WeighedBatch{.texts = std::move(answers.texts), .weights = std::move(answers.weights)});
}

std::string LoadedTrial::train() const {
  const objective::LoadedModel loaded = models_.model_of_all_threads();
  return base::encode(run::train({.inputs = inputs_, .loaded = loaded}));
}

std::string LoadedTrial::handle(const RankRequest& request) {
  const auto here = ready(request);
  switch (request.kind) {
    case RequestKind::join:
      return join(request.body);
    case RequestKind::probe:
      return probe(request.body);
    case RequestKind::measure:
      return measure(request.body, measure_);
    case RequestKind::search:
      return measure(request.body, search_);
    case RequestKind::slope:
      return slope(request.body);
    case RequestKind::answer:
      return answer(request.body);
    case RequestKind::weigh:
      return weigh(request.body);
    case RequestKind::train:
      return train();
    default:
      base::fail("unknown request {}", static_cast<int>(request.kind));
  }
}

}  // namespace lorahub::run
