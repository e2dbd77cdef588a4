#include <CLI/CLI.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/progress.hpp"
#include "base/signals.hpp"
#include "cli/commands.hpp"
#include "train/unit.hpp"
#include "workers/group.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::string config;
  std::vector<std::string> set;
  bool quiet = false;
  std::string device = "cpu";
  int threads = 0;
};

// Units go round the ranks; each is computed by one rank alone.
std::string train_share(const Options& options, const workers::Group& group) {
  const train::Config config = train::read_config(options.config, settings(options.set, "--set"));
  const std::vector<train::Unit> units = train::units(config);
  for (const train::Unit& unit : units)
    task::read_examples(unit.data);  // all, before any is trained
  base::Progress bar(options.quiet || group.rank() > 0);
  const run::Hardware machine =
      hardware({.device = options.device, .threads = options.threads}, group.ranks_on_node());
  train::Resources resources{.device = machine.device, .threads = machine.threads};
  for (auto i = static_cast<size_t>(group.rank()); i < units.size();
       i += static_cast<size_t>(group.size())) {
    resources.progress = [&](double done, const std::string& text) {
      const auto part = static_cast<double>(i) + done;
      bar.show(part / static_cast<double>(units.size()), text);
    };
    if (train::run_unit(config, units[i], resources))
      fmt::print("{} written to {}\n", units[i].name, units[i].out.string());
    else
      fmt::print("{} is done already, in {}\n", units[i].name, units[i].out.string());
  }
  return "";
}

int train(const Options& options) {
  base::block_signals();
  workers::Session session;
  workers::Group group;
  const auto share = [&](const std::string&) { return train_share(options, group); };
  if (!group.is_coordinator()) return group.serve(share);
  group.call("", share);
  group.dismiss();
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "train", "train LoRA modules, IA3, all weights or a base from scratch; goes on where it was");
  command->footer("Example: lorahub train configs/train/lorahub.yaml --set data=my_task.jsonl");
  const auto options = std::make_shared<Options>();
  command->add_option("CONFIG", options->config, "the training's YAML file")->required();
  command->add_option("--set", options->set, "KEY=VALUE: override a key of the config")->take_all();
  command->add_option("--device", options->device, "cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command
      ->add_option("--threads", options->threads,
                   "threads of each rank (default: cores / ranks on this node)")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--quiet", options->quiet, "no progress");
  command->callback([options, &action] { action = [options] { return train(*options); }; });
}

}  // namespace lorahub::cli
