#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/printable.hpp"
#include "bench/bench.hpp"
#include "cli/commands.hpp"
#include "plan/cost.hpp"
#include "plan/lacks.hpp"
#include "plan/plan_json.hpp"
#include "study/remarks.hpp"
#include "study/study.hpp"

namespace lorahub::cli {
namespace {

struct PlanOptions {
  std::string study;
  std::vector<std::string> set, only;
  std::string rate, device = "cpu";
  int ranks = 1, groups = 0;
  bool json = false;
};

// What a run would not find here.
std::vector<std::string> missing(const study::Study& study, const PlanOptions& options) {
  return plan::lacks(study.trials,
                     options.device == "cuda" ? base::Device::cuda : base::Device::cpu);
}

void print_text(const study::Study& study, const plan::StudyCost& cost,
                const PlanOptions& options) {
  plan::Cost sum;
  fmt::print("{:<16}  {:>11}  {:>12}  {:>10}  trial\n", "id", "evaluations", "tokens", "TFLOP");
  for (size_t i = 0; i < study.trials.size(); ++i) {
    const plan::Cost& c = cost.trials[i];
    fmt::print("{:<16}  {:>11}  {:>12.0f}  {:>10.4g}  {}\n", study::id(study.trials[i]),
               c.evaluations, c.tokens, c.tflop, study::label(study.trials[i]));
    sum.evaluations += c.evaluations;
    sum.example_forwards += c.example_forwards;
    sum.tokens += c.tokens;
    sum.tflop += c.tflop;
  }
  fmt::print("\n{}{} trials, {} evaluations, {} example-forwards, {:.3g} tokens{}, {:.4g} TFLOP\n",
             study.question.empty() ? "" : base::printable(study.question) + "\n",
             study.trials.size(), sum.evaluations, sum.example_forwards, sum.tokens,
             cost.tokens_estimated ? " (estimated: the tokenizer is not on this machine)" : "",
             sum.tflop);
  fmt::print(
      "{} rank(s) in {} group(s): {:.2f} GB of memory each, {:.2f} GB of it once per node; about "
      "{}, {:.0f} % of it computing, at "
      "{:.0f} GFLOP/s each ({})\n",
      options.ranks, cost.prediction.groups, 1e-9 * cost.memory_bytes, 1e-9 * cost.shared_bytes,
      base::duration(cost.prediction.seconds), 100 * cost.prediction.utilisation,
      1e-9 * cost.flops_per_second,
      options.rate.empty() ? "half of this machine's matrix rate; --rate takes a measured one"
                           : base::format("measured by lorahub bench, {}", options.rate));
  for (const std::string& sentence : missing(study, options))
    fmt::print("missing here: {}\n", base::printable_line(sentence));
}

int plan(const PlanOptions& options) {
  study::Study study = study::load(options.study, settings(options.set, "--set"));
  say(study::remarks(study::given_knobs(options.study, settings(options.set, "--set")),
                     study.trials));
  if (!options.only.empty())
    study.trials = study::only(study.trials, settings(options.only, "--only"));
  const plan::StudyCost cost =
      plan::cost(study.trials,
                 {.ranks = options.ranks,
                  .groups = options.groups,
                  .flops_per_second = options.rate.empty() ? 0 : bench::read_rate(options.rate)});
  for (const std::string& caution : plan::cautions(cost))
    fmt::print(stderr, "lorahub: {}\n", caution);
  if (options.json)
    fmt::print(
        "{}\n",
        plan::plan_json(study, cost, {.ranks = options.ranks, .missing = missing(study, options)}));
  else
    print_text(study, cost, options);
  return 0;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "plan", "list a study's trials and what they cost, without loading a model");
  command->footer("Example: lorahub plan experiments/official_bbh.yaml --ranks 8");
  const auto options = std::make_shared<PlanOptions>();
  command->add_option("STUDY", options->study, "the study's YAML file")->required();
  command->add_option("--set", options->set, "KEY=VALUE: override a knob of the study")->take_all();
  command->add_option("--only", options->only, "KEY=VALUE: only the trials with this value")
      ->take_all();
  command
      ->add_option("--device", options->device,
                   "where the run is to compute, for what is missing here")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command->add_option("--ranks", options->ranks, "ranks to plan for, one core each")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--groups", options->groups, "groups of ranks (0: those that end first)")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--rate", options->rate,
                      "what `lorahub bench --json FILE` wrote on such a machine (default: half of "
                      "the matrix rate measured here and now)");
  command->add_flag("--json", options->json, "as JSON");
  command->callback([options, &action] { action = [options] { return plan(*options); }; });
}

}  // namespace lorahub::cli
