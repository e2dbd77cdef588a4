#include "run/adapt.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "run/methods/methods.hpp"
#include "study/names.hpp"
#include "t5/hub.hpp"

namespace lorahub::run {
namespace {

std::string card(const Context& context, const Adapted& adapted) {
  const study::Trial& trial = context.trial();
  std::string text = base::format(
      "# {}: a LoRA adapter composed by lorahub\n\nBase model `{}`; composition `{}`; {} "
      "evaluations of search `{}`, "
      "seed {}.\nLoss on the {} examples (sha256 {}): {:.4f} for the base, {:.4f} for this "
      "adapter.\n\n| module | "
      "weight |\n|---|---|\n",
      context.brief().task.name, trial.model, study::name(trial.composition), adapted.evaluations,
      study::name(trial.search.method), trial.seed.search, context.brief().pairs.size(),
      context.brief().task.shots_sha256, adapted.zero_loss, adapted.loss);
  for (size_t i = 0; i < adapted.modules.size(); ++i)
    text += base::format("| {} | {} |\n", adapted.modules[i], adapted.weights[i]);
  return text;
}

Adapted search_weights(const Context& context) {
  context.load();
  const auto n = static_cast<size_t>(context.modules());
  search::Population probes{.dim = context.modules(),
                            .weights = std::vector<double>((n + 1) * n)};  // base, then each
  for (size_t i = 0; i < n; ++i) probes.weights[(i + 1) * n + i] = 1;
  const search::Losses probed = context.evaluate(context.trial().penalty)(probes);
  const Choice choice = searched(context);
  return {.modules = context.brief().modules,
          .weights = choice.weights,
          .loss = choice.loss,
          .zero_loss = probed[0],
          .single_loss = {probed.begin() + 1, probed.end()},
          .evaluations = context.trial().search.budget};
}

void write_adapter(const std::filesystem::path& out, const study::Trial& trial,
                   const Adapted& adapted) {
  const t5::Config config = t5::read_config(t5::resolve(trial.model_path));
  Modules kept;
  const lora::Pool pool = lora::stack(
      load_modules({.library = trial.library_path, .names = adapted.modules, .rank = trial.rank},
                   config, kept),
      config, t5::Device::cpu);
  lora::write_module(out, lora::composed_module(pool, adapted.weights, trial.composition), config,
                     trial.model);
}

}  // namespace

Adapted adapt(workers::Crew& crew, const study::Trial& trial, const std::filesystem::path& out) {
  base::write_file(out / "README.md",
                   "unfinished\n");  // a folder that can't be written is found before the search
  Tokenizers tokenizers;
  const Brief mine = brief(trial, tokenizers);
  Adapted adapted;
  std::string recipe;
  const auto lead = [&](const workers::Leader& leader) {
    const Context context(leader, mine, 0);
    adapted = search_weights(context);
    recipe = card(context, adapted);
  };
  crew.work({{.size = {}, .join = join_request(mine, 0), .lead = lead}}, 1);
  write_adapter(out, trial, adapted);
  base::write_file(out / "README.md", recipe);
  return adapted;
}

}  // namespace lorahub::run
