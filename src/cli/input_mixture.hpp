// The options by which each input is answered by a mixture of its own.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/mixing_options.hpp"
#include "objective/objective.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace lorahub::cli {

struct InputMixtureOptions {
  std::string method;  // "": one model answers all inputs
  std::optional<int> modules;
  std::string signal;
};
// --method, --input-modules and --input-signal.
void add_input_mixture(CLI::App& command, InputMixtureOptions& options);
// Error for an option that the method does not read, and for a composition that it does not take.
void check_input_mixture(const InputMixtureOptions& options, const MixingOptions& mixing);

// What it answers with: the modules of a library, in a pool.
struct InputMixtureParts {
  const objective::LoadedModel& loaded;
  std::shared_ptr<const lora::Pool> pool;
  std::string library;
};
// A function that answers a batch of inputs; several threads may call it. The model must outlive
// it.
using AnswerBatch = std::function<std::vector<std::string>(std::span<const std::string>)>;
AnswerBatch input_mixture(const InputMixtureOptions& options, const MixingOptions& mixing,
                          const InputMixtureParts& parts, const objective::AnswerRule& rule);

}  // namespace lorahub::cli
