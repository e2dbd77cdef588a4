#include "plan/command_memory.hpp"

#include "checkpoint/hub_cache.hpp"
#include "model/families.hpp"

namespace lorahub::plan {
namespace {

// The method of a study that takes the same memory.
study::Method method_of(train::What what) {
  switch (what) {
    case train::What::lora:
      return study::Method::lora_tuning;
    case train::What::ia3:
      return study::Method::ia3;
    case train::What::full:
    case train::What::base:
      break;
  }
  return study::Method::full;
}

}  // namespace

Need need(const Shapes& shapes, int threads, std::string what) {
  const Memory all = memory(shapes);
  return {.what = std::move(what),
          .shared = all.shared,
          .own = all.of_rank(threads),
          .device = shapes.device,
          .remedies =
              "use fewer --threads, shorter inputs (--max-input bounds them), or "
              "--no-memory-check"};
}

Need need(const train::TrainingConfig& config, const train::RowLengths& rows,
          const objective::Hardware& hardware, std::string what) {
  study::Trial trial{.method = method_of(config.what), .precision = config.precision};
  trial.train.batch = config.batch;
  const double source = std::min(rows.longest_source, config.source_length);
  const double target = std::min(rows.longest_target, config.target_length);
  const Lengths lengths{
      .shots = std::vector<Lengths::RowLengths>(static_cast<size_t>(config.batch),
                                                {.source = source, .target = target}),
      .prompts = {}};
  const auto architecture = model::read_architecture(checkpoint::resolve(config.model_path));
  Need all = need({.trial = trial,
                   .architecture = *architecture,
                   .lengths = lengths,
                   .tile = {},
                   .device = hardware.device},
                  hardware.threads, std::move(what));
  all.remedies =
      "use fewer threads or ranks on a node, a smaller source_length, or "
      "--no-memory-check";
  return all;
}

}  // namespace lorahub::plan
