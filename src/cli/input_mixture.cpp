#include "cli/input_mixture.hpp"

#include <CLI/App.hpp>

#include "base/check.hpp"
#include "base/text.hpp"
#include "objective/input_weights.hpp"
#include "study/check_composition.hpp"
#include "study/trial.hpp"

namespace lorahub::cli {
namespace {

std::vector<std::string> weighing_methods() {
  std::vector<std::string> words;
  for (const study::MethodInfo& row : study::kMethods)
    if (row.modules_of_input > 0) words.emplace_back(row.word);
  return words;
}

// The method with its settings, as a trial has them; by `product` where no composition is given.
study::Trial trial_of(const InputMixtureOptions& options, const MixingOptions& mixing) {
  study::Trial trial;
  trial.method = study::parse<study::Method>(options.method, "--method");
  const study::MixingRule mixed = rule(mixing);
  trial.composition = mixing.composition.empty() ? study::Composition::product : mixed.composition;
  trial.input.modules = options.modules.value_or(0);
  if (!options.signal.empty())
    trial.input.signal = study::parse<study::InputSignal>(options.signal, "--input-signal");
  return trial;
}

}  // namespace

void add_input_mixture(CLI::App& command, InputMixtureOptions& options) {
  command
      .add_option("--method", options.method,
                  "each input by a mixture of its own, of the library's modules: by what they add "
                  "to it (logo), or by the self-tests in their cards (retriever); --composition: "
                  "product (the default), or factor by retriever")
      ->check(CLI::IsMember(weighing_methods()));
  command
      .add_option("--input-modules", options.modules,
                  "modules of each input (default: 20 by logo, 3 by retriever)")
      ->check(CLI::Range(1, study::kMostOfMany));
  command
      .add_option("--input-signal", options.signal, "what logo weighs a module by (default: norm)")
      ->check(CLI::IsMember(study::words<study::InputSignal>()));
}

void check_input_mixture(const InputMixtureOptions& options, const MixingOptions& mixing) {
  if (options.method.empty()) {
    base::check(!options.modules && options.signal.empty(),
                "--input-modules and --input-signal are of a --method (none is given), give one of "
                "{}",
                base::join(weighing_methods(), ", "));
    return;
  }
  const study::Trial trial = trial_of(options, mixing);
  const std::string why = study::refusal_of_inputs(trial.method, trial.composition);
  base::check(why.empty(), "{}", why);
  base::check(options.signal.empty() || trial.method == study::Method::logo,
              "method {} reads no --input-signal (it would change nothing), leave it out",
              options.method);
}

AnswerBatch input_mixture(const InputMixtureOptions& options, const MixingOptions& mixing,
                          const InputMixtureParts& parts, const objective::AnswerRule& rule) {
  study::Trial trial = trial_of(options, mixing);
  trial.library_path = parts.library;
  const std::shared_ptr<const objective::InputWeights> weights =
      objective::input_weights(parts.loaded, *parts.pool, trial);
  const auto compose = std::make_shared<const lora::Composer>(
      *parts.pool, study::mixing_rule(trial), parts.loaded.dtype());
  objective::LoadedModel worker = parts.loaded;
  worker.threads = 1;  // of a batch
  return [weights, compose, pool = parts.pool, worker, rule](std::span<const std::string> prompts) {
    return objective::answer_weighed(worker, {.weights = *weights, .compose = *compose}, prompts,
                                     rule)
        .texts;
  };
}

}  // namespace lorahub::cli
