#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "cli/commands.hpp"
#include "study/names.hpp"
#include "task/score.hpp"
#include "train/folders.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string adapter, library, modules, weights, composition = "factor", task;
  int max_tokens = 256, batch = 10;
  bool json = false;
};

// What --adapter or --library adds: low-rank terms; for (IA)^3, factors in the machine's weights.
t5::Adapter adapter(const Options& options, objective::Machine& machine) {
  const t5::Config config = machine.network.config;
  const at::ScalarType type = machine.dtype();
  if (!options.adapter.empty() && train::is_ia3(options.adapter)) {
    train::Trainable ia3 = train::ia3(machine.network);
    train::read_ia3(options.adapter, ia3);
    machine.network = train::model(ia3).network;
    return {};
  }
  if (!options.adapter.empty()) {
    const lora::Module module = lora::read_module(options.adapter, options.adapter, config);
    return lora::compose(lora::stack({module}, config, machine.device), std::vector<double>{1.0},
                         study::Composition::product, type);
  }
  if (options.library.empty()) return {};
  const lora::Pool pool =
      load_pool(options.library, options.modules, {.config = config, .device = machine.device});
  return lora::compose(pool, one_vector(options.weights, pool.size()),
                       study::parse<study::Composition>(options.composition, "--composition"),
                       type);
}

int infer(const Options& options) {
  base::check(options.adapter.empty() || options.library.empty(),
              "--adapter and --library both given (which one should answer?), give one of them");
  base::check(options.modules.empty() || !options.library.empty(),
              "--modules names modules of a --library (none is given), give both");
  base::check(options.library.empty() == options.weights.empty(),
              "--library and --weights belong together, give both or none");
  const std::vector<task::Example> examples =
      task::read_examples(options.task, task::Targets::optional);
  objective::Machine machine = load_machine(options.model);
  const t5::Adapter added = adapter(options, machine);
  std::vector<std::string> prompts;
  prompts.reserve(examples.size());
  for (const task::Example& example : examples) prompts.push_back(example.input);
  const std::vector<std::string> answers = objective::answer(
      machine, added, prompts, {.max_tokens = options.max_tokens, .batch = options.batch});
  const bool scored =
      std::ranges::all_of(examples, [](const auto& e) { return !e.target.empty(); });
  double hits = 0;
  for (size_t i = 0; scored && i < answers.size(); ++i)
    hits += task::is_hit(answers[i], examples[i].target) ? 1 : 0;
  const double accuracy = 100 * hits / static_cast<double>(answers.size());
  if (options.json) {
    nlohmann::json out{{"answers", answers}, {"accuracy", nullptr}};
    if (scored) out["accuracy"] = accuracy;
    fmt::print("{}\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return 0;
  }
  for (const std::string& answer : answers) fmt::print("{}\n", answer);
  if (scored) fmt::print(stderr, "accuracy {:.2f} % of {} rows\n", accuracy, answers.size());
  return 0;
}

}  // namespace

void add_infer(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("infer", "greedy answers, and accuracy where targets are given");
  command->footer(
      "Example: lorahub infer --model configs/model/mini --adapter "
      "configs/library/mini/r16/find_letter --task "
      "configs/tasks/mini/upstream/find_letter.jsonl --json");
  const auto options = std::make_shared<Options>();
  command->add_option("--model", options->model.model, "a Hugging Face folder or name")->required();
  command->add_option("--adapter", options->adapter, "a PEFT folder");
  command->add_option("--library", options->library,
                      "a folder of PEFT adapters, mixed with --weights");
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  command->add_option("--weights", options->weights, "JSON: a list with one weight vector");
  command->add_option("--composition", options->composition, "factor or product")
      ->check(CLI::IsMember({"factor", "product"}));
  command
      ->add_option("--task", options->task, "rows to answer, JSON lines, or - for standard input")
      ->required();
  command->add_option("--max-tokens", options->max_tokens, "of an answer")
      ->check(CLI::Range(1, 100000));
  command->add_option("--batch", options->batch, "rows answered together")
      ->check(CLI::Range(1, 100000));
  command->add_flag("--json", options->json, "answers and accuracy as JSON");
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return infer(*options); }; });
}

}  // namespace lorahub::cli
