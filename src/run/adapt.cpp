#include "run/adapt.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "run/methods/methods.hpp"
#include "study/names.hpp"

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
      context.site().task().name, trial.model, study::name(trial.composition), adapted.evaluations,
      study::name(trial.search.method), trial.seed.search, context.site().pairs().size(),
      context.site().task().shots_sha256, adapted.zero_loss, adapted.loss);
  for (size_t i = 0; i < adapted.modules.size(); ++i)
    text += base::format("| {} | {} |\n", adapted.modules[i], adapted.weights[i]);
  return text;
}

}  // namespace

Adapted adapt(Context& context, const std::filesystem::path& out) {
  base::write_file(out / "README.md",
                   "unfinished\n");  // a folder that can't be written is found before the search
  context.begin(0);
  const auto n = static_cast<size_t>(context.modules());
  search::Population probes{.dim = context.modules(),
                            .weights = std::vector<double>((n + 1) * n)};  // base, then each
  for (size_t i = 0; i < n; ++i) probes.weights[(i + 1) * n + i] = 1;
  const search::Losses probed = context.evaluate(context.trial().penalty)(probes);
  const Choice choice = searched(context);
  Adapted adapted{.modules = context.site().pool().names,
                  .weights = choice.weights,
                  .loss = choice.loss,
                  .zero_loss = probed[0],
                  .single_loss = {probed.begin() + 1, probed.end()},
                  .evaluations = context.trial().search.budget};
  const t5::Config& config = context.site().machine().network.config;
  lora::write_module(
      out,
      lora::composed_module(context.site().pool(), choice.weights, context.trial().composition),
      config, context.trial().model);
  base::write_file(out / "README.md", card(context, adapted));
  return adapted;
}

}  // namespace lorahub::run
