#include "serve/answers.hpp"

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

}  // namespace

std::vector<std::string> answers(const InferInput& input, const Catalog& catalog,
                                 const std::filesystem::path& adapter, run::RankServer& own) {
  const study::Trial trial = places_of(input, catalog);
  const objective::LoadedModel loaded = own.model_of(trial);
  train::TrainedModel usual{.model = loaded.model, .adapter = {}};
  if (!input.job.empty())
    usual = run::adapted_model(loaded, adapter, "the adapter of " + input.job);
  if (!input.module.empty())
    usual = run::adapted_model(loaded, lora::module_folder(trial.library_path, input.module),
                               input.module);
  if (!input.weights.empty()) usual.adapter = mixed(input, trial, own);
  std::vector<std::string> all;
  size_t next = 0;
  const auto give_row = [&](task::Row& row) {
    if (next == input.prompts.size()) return false;
    row = {.example = {.input = input.prompts[next], .target = ""},
           .adapter = "",
           .place = base::format("prompt {}", next + 1)};
    ++next;
    return true;
  };
  run::infer(loaded, usual, {.library = {}, .max_tokens = input.max_tokens, .remedy = "shorten it"},
             {.next = give_row,
              .give = [&](const task::Row&, const std::string& answer) { all.push_back(answer); }});
  return all;
}

}  // namespace lorahub::serve
