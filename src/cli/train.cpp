#include <CLI/App.hpp>
#include <memory>
#include <optional>

#include "base/check.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/on_ranks.hpp"
#include "cli/outputs.hpp"
#include "plan/command_memory.hpp"
#include "run/independent_parts.hpp"
#include "train/train_one.hpp"

namespace lorahub::cli {
namespace {

struct TrainOptions {
  std::string config;
  std::vector<std::string> set;
  bool quiet = false, no_memory_check = false;
  lora::Force force = lora::Force::no;
  std::string device = "cpu";
  int threads = 0;
};

struct Plan {
  train::TrainingConfig config;
  std::vector<train::OneTraining> trainings;
};

Plan read_plan(const TrainOptions& options) {
  Plan plan{.config = train::read_config(options.config, settings(options.set, "--set")),
            .trainings = {}};
  plan.trainings = train::trainings(plan.config);
  return plan;
}

// What each rank does: it does the trainings that it is given, by number, each with all of its
// threads.
class TrainingRank {
 public:
  TrainingRank(const TrainOptions& options, const objective::Hardware& hardware, int rank)
      : options_(options), hardware_(hardware), bar_(options.quiet || rank > 0) {}

  // Returns the reply: a sentence about what was done.
  std::string operator()(const std::string& request) {
    if (request == kRoom) return plan::room(hardware_);
    if (!plan_) plan_ = read_plan(options_);
    const train::OneTraining& training = plan_->trainings.at(std::stoul(request));
    const auto show = [this](double done, const std::string& text) { bar_.show(done, text); };
    const bool trained = train::train_one(
        plan_->config, training,
        {.device = hardware_.device, .threads = hardware_.threads, .progress = show});
    return training.name + (trained ? " written to " : " is done already, in ") +
           training.out.string();
  }

  static constexpr const char* kRoom = "room";  // reply: plan::room

 private:
  const TrainOptions& options_;
  objective::Hardware hardware_;
  base::Progress bar_;
  std::optional<Plan> plan_;
};

run::Part part(const train::OneTraining& training, size_t number) {
  return {.request = std::to_string(number),
          .cost = static_cast<double>(std::filesystem::file_size(training.data)),
          .done = [](const std::string& reply, double) { fmt::print("{}\n", reply); }};
}

// Checks all trainings before any is trained.
void lead(const TrainOptions& options, const objective::Hardware& hardware, run::PartsLead& ranks) {
  const Plan plan = read_plan(options);
  std::vector<run::Part> parts;
  for (size_t i = 0; i < plan.trainings.size(); ++i) {
    train::check_free(plan.trainings[i].out, options.force);
    const train::RowLengths rows = train::check_rows(plan.config, plan.trainings[i]);
    warn(rows.cut);
    if (!options.no_memory_check)
      warn(plan::check_room(
          plan::need(plan.config, rows, hardware, "training " + plan.trainings[i].name),
          {.hosts = ranks.hosts(), .rooms = ranks.everyone(TrainingRank::kRoom)}));
    parts.push_back(part(plan.trainings[i], i));
  }
  ranks.work(parts);
}

int train(const TrainOptions& options) {
  const auto work = [&](workers::World& world, const objective::Hardware& hardware) {
    TrainingRank trainer(options, hardware, world.rank());
    return run::do_parts(world, std::ref(trainer),
                         [&](run::PartsLead& ranks) { lead(options, hardware, ranks); });
  };
  return on_ranks({.device = options.device, .threads = options.threads}, work);
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "train", "train LoRA modules, IA3, all weights or a base from scratch; goes on where it was");
  command->footer("Example: lorahub train configs/train/lorahub.yaml --set data=my_task.jsonl");
  const auto options = std::make_shared<TrainOptions>();
  command->add_option("CONFIG", options->config, "the training's YAML file")->required();
  command->add_option("--set", options->set, "KEY=VALUE: override a key of the config")->take_all();
  add_device(*command, options->device, options->threads);
  command->add_flag("--quiet", options->quiet, "no progress");
  add_no_memory_check(*command, options->no_memory_check);
  add_force(*command, options->force);
  command->callback([options, &action] { action = [options] { return train(*options); }; });
}

}  // namespace lorahub::cli
