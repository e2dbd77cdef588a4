#include "run/adapt.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "cli/commands.hpp"
#include "run/lead.hpp"
#include "study/names.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model;
  OutOptions out;
  std::string library, task, search = "cma", composition = "factor";
  int shots = 5, modules = 20, budget = 40;
  uint64_t seed = 1;
};

study::Trial trial(const Options& options) {
  study::Trial trial{.model = options.model.model,
                     .model_path = options.model.model,
                     .library = options.library,
                     .library_path = options.library,
                     .task = std::filesystem::path(options.task).stem().string(),
                     .task_files = {.pool = options.task, .test = options.task}};
  trial.composition = study::parse<study::Composition>(options.composition, "--composition");
  trial.precision = study::parse<study::Precision>(options.model.precision, "--precision");
  trial.modules.count = options.modules;
  trial.shots.count = options.shots;
  trial.search.method = study::parse<study::SearchMethod>(options.search, "--search");
  trial.search.budget = options.budget;
  trial.seed = {.modules = options.seed, .shots = options.seed, .search = options.seed};
  return trial;
}

void print(const run::Adapted& adapted) {
  fmt::print("{:<40} {:>8} {:>12}\n", "module", "weight", "loss alone");
  for (size_t i = 0; i < adapted.modules.size(); ++i)
    fmt::print("{:<40} {:>8.4f} {:>12.4f}\n", adapted.modules[i], adapted.weights[i],
               adapted.single_loss[i]);
  fmt::print("loss on the examples: base {:.4f}, adapted {:.4f}\n", adapted.zero_loss,
             adapted.delivered.loss);
}

int adapt(const Options& options) {
  base::block_signals();
  workers::Session session;
  workers::Group group;
  const study::Trial mine = trial(options);
  const run::Hardware machine =
      hardware(options.model, {.rank = group.rank_on_node(), .ranks = group.ranks_on_node()});
  const workers::Service service{.threads = machine.threads};
  const auto make_site = [&] {
    return std::make_unique<run::Site>(std::vector{mine}, machine, group.member());
  };
  return run::lead_or_serve(group, service, make_site, [&](workers::Crew& crew) {
    const run::Adapted adapted = run::adapt(
        crew, mine, machine,
        {.folder = options.out.folder, .rank = options.out.rank, .form = form(options.out)});
    print(adapted);
    warn(adapted.delivered.written, options.out);
    fmt::print("{} written to {}\n", options.out.merge.empty() ? "adapter" : "model",
               options.out.folder);
    return 0;
  });
}

}  // namespace

void add_adapt(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("adapt", "few examples in, one composed PEFT adapter out");
  command->footer(
      "Example: lorahub adapt --model configs/model/mini --library configs/library/mini/r16 --task "
      "configs/tasks/mini/unseen/E1_isa_letter/pool.jsonl --out adapted");
  const auto options = std::make_shared<Options>();
  command->add_option("--model", options->model.model, "a Hugging Face folder or name")->required();
  command->add_option("--library", options->library, "a folder of PEFT adapters")->required();
  command->add_option("--task", options->task, "examples, JSON lines")->required();
  command->add_option("--shots", options->shots, "examples drawn from the file")
      ->check(CLI::Range(1, 100000));
  command->add_option("--modules", options->modules, "modules drawn from the library")
      ->check(CLI::Range(1, 100000));
  command->add_option("--search", options->search, "cma or official")
      ->check(CLI::IsMember({"cma", "official", "random"}));
  command->add_option("--budget", options->budget, "evaluations of the search")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--composition", options->composition, "factor or product")
      ->check(CLI::IsMember({"factor", "product"}));
  command->add_option("--seed", options->seed, "of all draws and the search");
  add_out(*command, options->out);
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return adapt(*options); }; });
}

}  // namespace lorahub::cli
