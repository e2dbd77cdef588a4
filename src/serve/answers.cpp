#include "serve/answers.hpp"

#include <algorithm>

#include "lora/library.hpp"
#include "run/infer.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {
namespace {

study::Trial places_of(const InferInput& input, const Catalog& catalog) {
  study::Trial trial;
  trial.model_path = study::named_model(catalog.model(input.model)).path;
  if (!input.library.empty()) trial.library_path = catalog.folder(input.library);
  return trial;
}

model::Adapter mixed(const InferInput& input, const study::Trial& trial, run::RankServer& own) {
  std::vector<std::string> names;
  std::vector<double> weights;
  for (const auto& [name, weight] : input.weights) {
    names.push_back(name);
    weights.push_back(weight);
  }
  const auto composition = input.composition.empty()
                               ? study::Composition::factor
                               : study::parse<study::Composition>(input.composition, "composition");
  return lora::compose(own.pool_of(trial, names), weights, composition,
                       own.model_of(trial).dtype());
}

train::TrainedModel answering(const InferInput& input, const study::Trial& trial,
                              const AnswerPlaces& places) {
  const objective::LoadedModel loaded = places.own.model_of(trial);
  if (!input.job.empty())
    return run::adapted_model(loaded, places.adapter, "the adapter of " + input.job);
  if (!input.module.empty())
    return run::adapted_model(loaded, lora::module_folder(trial.library_path, input.module),
                              input.module);
  train::TrainedModel usual{.model = loaded.model, .adapter = {}};
  if (!input.weights.empty()) usual.adapter = mixed(input, trial, places.own);
  return usual;
}

}  // namespace

// Batches of the same rows as those of `lorahub infer`.
void add_answers(const InferInput& input, const AnswerPlaces& places, const AnswerWatch& watch,
                 std::vector<std::string>& all) {
  const study::Trial trial = places_of(input, places.catalog);
  const objective::LoadedModel loaded = places.own.model_of(trial);
  const train::TrainedModel usual = answering(input, trial, places);
  const run::InferOptions options{.library = {},
                                  .max_tokens = input.max_tokens,
                                  .remedy = "leave it out",
                                  .after_token = watch.after_token};
  const size_t at_once = static_cast<size_t>(options.batch * loaded.threads);
  while (all.size() < input.prompts.size()) {
    const size_t end = std::min(all.size() + at_once, input.prompts.size());
    size_t next = all.size();
    const auto give_row = [&](task::Row& row) {
      if (next == end) return false;
      row = {.example = {.input = input.prompts[next], .target = ""},
             .adapter = "",
             .place = base::format("prompt {}", next + 1)};
      ++next;
      return true;
    };
    run::infer(loaded, usual, options,
               {.next = give_row, .give = [&](const task::Row&, const std::string& answer) {
                  all.push_back(answer);
                }});
    if (end < input.prompts.size()) watch.after_batch();
  }
}

}  // namespace lorahub::serve
