#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "checkpoint/hub_cache.hpp"
#include "cli/commands.hpp"
#include "cli/mixing_options.hpp"
#include "cli/named_options.hpp"
#include "cli/weights_file.hpp"
#include "lora/module_card.hpp"
#include "model/families.hpp"

namespace lorahub::cli {
namespace {

struct ComposeOptions {
  std::string model, library, modules, weights;
  MixingOptions mixing;
  OutOptions out;
};

int compose(const ComposeOptions& options) {
  const study::MixingRule how = rule(options.mixing);
  lora::check_free(options.out.folder, options.out.force);
  const auto architecture = model::read_architecture(checkpoint::resolve(options.model));
  const lora::Pool pool = load_pool(options.library, options.modules,
                                    {.model = options.model, .architecture = *architecture});
  const std::vector<double> weights = one_vector(options.weights, pool.size());
  const lora::MixtureToWrite mixture{.pool = pool,
                                     .weights = weights,
                                     .composition = how,
                                     .rank = options.out.rank,
                                     .form = form(options.out)};
  const std::string base_name = checkpoint::lasting_name(options.model);
  const std::string recipe =
      lora::recipe(base::format("{}\n{}\n{}", base_name, options.library, lora::made_of(mixture)));
  lora::check_recipe(options.out.folder, recipe, options.out.force);
  lora::ModuleCard card{.base = base_name,
                        .library = lora::library(mixture.form),
                        .tag = mixture.form == lora::WrittenForm::adapter ? "lora" : "",
                        .provenance = base::format("{}{} modules of {}", lora::kComposed,
                                                   pool.size(), options.library),
                        .recipe = recipe};
  lora::claim(options.out.folder, card);
  const lora::Written written = lora::write_mixture(
      options.out.folder, mixture,
      {.architecture = *architecture, .path = options.model, .name = base_name});
  lora::write_card(options.out.folder, card,
                   "# A LoRA adapter composed by lorahub\n\n" + lora::describe(mixture, written));
  fmt::print("{}: rank {}, {} modules mixed\n", options.out.folder, written.module.rank,
             pool.size());
  warn(written, options.out);
  return 0;
}

}  // namespace

void add_compose(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("compose", "given weights in, one PEFT adapter out");
  command->footer(
      "Example: lorahub compose --model mini --library mini --modules find_letter,max_letter "
      "--weights w.json --out mixed");
  const auto options = std::make_shared<ComposeOptions>();
  add_model(*command, options->model)->required();
  add_library(*command, options->library, "a folder of PEFT adapters")->required();
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  command->add_option("--weights", options->weights, "JSON: a list with one weight vector")
      ->required();
  add_mixing(*command, options->mixing);
  add_out(*command, options->out);
  command->callback([options, &action] { action = [options] { return compose(*options); }; });
}

}  // namespace lorahub::cli
