#include "plan/trial_inputs.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/hub_cache.hpp"
#include "lora/pool.hpp"
#include "model/families.hpp"
#include "objective/load_model.hpp"
#include "objective/objective.hpp"
#include "search/optimizer.hpp"
#include "study/retrievals.hpp"

namespace lorahub::plan {
namespace {

// Source rows that a tile aims at. CPU: activations stay in a core's cache. GPU: enough for all
// multiprocessors several times over (12 candidates of 5 prompts of 256 tokens).
int tile_rows(base::Device device) { return device == base::Device::cpu ? 1024 : 16384; }

}  // namespace

int generation_size(const study::Trial& trial, int modules) {
  if (study::uses_search(trial.method)) return search::generation_size(trial.search, modules);
  if (study::mixes_by_gradient(trial.method)) return 1;
  return std::max(1, modules);  // best_single asks for all modules
}

search::TileShape tile_shape(const Cut& cut) {
  const auto aim = static_cast<size_t>(tile_rows(cut.device));
  size_t rows = 0, longest = 1;
  for (const size_t length : cut.sources) {
    rows += length;
    longest = std::max(longest, length);
  }
  const int most = std::clamp(static_cast<int>(aim / std::max<size_t>(rows, 1)), 1, cut.generation);
  const int tiles = (cut.generation + most - 1) / most;
  const int examples = std::max(1, static_cast<int>(2 * aim / longest));
  return {.candidates = (cut.generation + tiles - 1) / tiles,
          .examples = std::min(examples, std::max(1, static_cast<int>(cut.sources.size())))};
}

search::TileShape tile_shape_alone(const Cut& cut) {
  if (cut.device == base::Device::cpu) return {.candidates = 1, .examples = 64};
  return tile_shape(cut);
}

search::TileShape TrialInputs::tile_shape(base::Device device) const {
  std::vector<size_t> sources;
  for (const model::Tokens& pair : pairs) sources.push_back(pair.source.size());
  return plan::tile_shape({.sources = std::move(sources),
                           .generation = generation_size(trial, static_cast<int>(modules.size())),
                           .device = device});
}

size_t TrialInputs::batches() const {
  const auto batch = static_cast<size_t>(trial.batch);
  return (prompts.size() + batch - 1) / batch;
}

std::string TrialInputs::rows_hash() const { return task.shots_sha256 + task.test_sha256; }

std::shared_ptr<const text::Tokenizer> Tokenizers::of(const std::string& model) {
  const std::lock_guard lock(mutex_);
  auto& tokenizer = by_model_[model];
  if (tokenizer) return tokenizer;
  const std::filesystem::path folder = checkpoint::resolve(model);
  tokenizer = objective::load_tokenizer(folder, *model::read_architecture(folder));
  return tokenizer;
}

TrialInputs trial_inputs(const study::Trial& trial, Tokenizers& tokenizers) {
  TrialInputs inputs{.trial = trial,
                     .task = task::load(trial),
                     .pairs = {},
                     .prompts = {},
                     .modules = {},
                     .tokenizer = tokenizers.of(trial.model_path)};
  inputs.pairs = objective::tokenize(*inputs.tokenizer, inputs.task.shots);
  const task::IclLayout layout = task::icl_layout(inputs.tokenizer.get());
  for (const task::Example& example : inputs.task.test)
    inputs.prompts.push_back(trial.method == study::Method::icl
                                 ? task::icl_prompt(inputs.task.shots, example.input, layout)
                                 : example.input);
  if (study::uses_modules(trial.method)) inputs.modules = module_names(trial);
  return inputs;
}

int kept_count(const study::Trial& trial, int candidates) {
  return trial.retrieve.by == study::RetrieveBy::none ? candidates
                                                      : std::min(candidates, trial.retrieve.count);
}

int probe_count(const study::Trial& trial, int candidates) {
  const study::RetrievalInfo& way = study::info(trial.retrieve.by);
  if (!study::has_loss(way) || kept_count(trial, candidates) >= candidates) return 0;
  return way.slopes ? 1 : candidates;
}

int probe_backwards(const study::Trial& trial, int candidates) {
  return study::info(trial.retrieve.by).slopes ? probe_count(trial, candidates) : 0;
}

std::vector<std::string> module_names(const study::Trial& trial) {
  return lora::pick(trial.library_path, trial.modules, trial.seed.modules);
}

}  // namespace lorahub::plan
