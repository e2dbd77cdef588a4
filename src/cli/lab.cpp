#include <CLI/App.hpp>
#include <memory>
#include <optional>

#include "base/progress.hpp"
#include "base/streams.hpp"
#include "cli/commands.hpp"
#include "cli/on_ranks.hpp"
#include "cli/outputs.hpp"
#include "lab/laboratory.hpp"
#include "plan/environment.hpp"
#include "run/independent_parts.hpp"

namespace lorahub::cli {
namespace {

struct LabOptions {
  std::string folder, recipe = "mini", only;
  std::optional<uint64_t> seed;
  bool quiet = false;
  lora::Force force = lora::Force::no;
  std::string device = "cpu";
  int threads = 0;
};

std::unique_ptr<lab::Laboratory> open_lab(const LabOptions& options) {
  lab::LabSource source{
      .recipe = options.recipe, .seed = options.seed, .folder = options.folder, .environment = {}};
  const auto all = plan::environment();
  for (const char* key : {"version", "compiler", "libtorch", "cpu"})
    source.environment[key] = all.at(key);
  return lab::open(source);
}

// What each rank does: the parts that it is given, as "<stage>:<part>", each with all of its
// threads.
class Builder {
 public:
  Builder(const LabOptions& options, const objective::Hardware& hardware, int rank)
      : options_(options), hardware_(hardware), bar_(options.quiet || rank > 0) {}

  std::string operator()(const std::string& request) {
    if (!lab_) lab_ = open_lab(options_);
    const size_t colon = request.find(':');
    const auto show = [this](double done, const std::string& text) { bar_.show(done, text); };
    return lab_->do_part(
        request.substr(0, colon), request.substr(colon + 1),
        {.device = hardware_.device, .threads = hardware_.threads, .progress = show});
  }

 private:
  const LabOptions& options_;
  objective::Hardware hardware_;
  base::Progress bar_;
  std::unique_ptr<lab::Laboratory> lab_;
};

run::Part part(const std::string& stage, const std::string& name) {
  const auto say = [name](const std::string& reply, double seconds) {
    fmt::print("{}: {} ({:.0f} s)\n", name, reply, seconds);
    base::flush_output();
  };
  return {.request = base::format("{}:{}", stage, name), .done = say};
}

void lead(const LabOptions& options, run::PartsLead& ranks) {
  const auto lab = open_lab(options);
  lab::claim(options.folder, lab->recipe(), options.force);
  for (const std::string& stage : lab::stages(*lab, options.only)) {
    std::vector<run::Part> parts;
    for (const std::string& name : lab->parts(stage)) parts.push_back(part(stage, name));
    ranks.work(parts);
  }
}

int build(const LabOptions& options) {
  const auto work = [&](workers::World& world, const objective::Hardware& hardware) {
    Builder builder(options, hardware, world.rank());
    return run::do_parts(world, std::ref(builder),
                         [&](run::PartsLead& ranks) { lead(options, ranks); });
  };
  return on_ranks({.device = options.device, .threads = options.threads}, work);
}

}  // namespace

void add_lab(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "lab",
      "make a lab from nothing: the mini-lab, or words for a real model; goes on where it was");
  command->footer("Example: lorahub lab my_lab --seed 2");
  const auto options = std::make_shared<LabOptions>();
  command
      ->add_option("DIR", options->folder,
                   "where it goes: model, library and tasks as in configs/, hashes.json")
      ->required();
  command->add_option("--seed", options->seed, "of all rows and trainings (default: the recipe's)");
  command->add_option("--only", options->only, "one stage alone")
      ->check(CLI::IsMember(lab::stage_names()));
  command->add_option("--recipe", options->recipe, "what it is made of: a file, or mini or words")
      ->capture_default_str();
  add_device(*command, options->device, options->threads);
  command->add_flag("--quiet", options->quiet, "no progress");
  add_force(*command, options->force);
  command->callback([options, &action] { action = [options] { return build(*options); }; });
}

}  // namespace lorahub::cli
