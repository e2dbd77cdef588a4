#include "bench/bench.hpp"

#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/files.hpp"
#include "bench/bench_json.hpp"
#include "checkpoint/hub_cache.hpp"
#include "cli/commands.hpp"
#include "cli/named_options.hpp"
#include "cli/outputs.hpp"
#include "model/families.hpp"
#include "study/choices.hpp"

namespace lorahub::cli {
namespace {

struct BenchOptions {
  ModelOptions model;
  std::string library, modules, shape = "flan-t5-base", file;
  int count = 20;
  double seconds = 60;
  lora::Force force = lora::Force::no;
};

std::string model_name(const BenchOptions& options) {
  return options.model.model.empty() ? options.shape : options.model.model;
}

std::shared_ptr<const model::Model> load_model(const BenchOptions& options,
                                               const objective::Hardware& hardware) {
  const bool half = options.model.precision == "bf16";
  const model::Placement placement{.dtype = half ? at::kBFloat16 : at::kFloat,
                                   .device = hardware.device};
  if (!options.model.model.empty())
    return model::load(checkpoint::resolve(options.model.model), placement, hardware.threads);
  auto random = model::random_model(options.shape, placement);
  base::check(random != nullptr,
              "--shape {}: no such model is known (its sizes are needed), use flan-t5-small, "
              "base, large, xl or xxl, smollm2-135m, llama-3.2-1b, qwen2.5-7b, or --model FOLDER",
              options.shape);
  return random;
}

std::string tokens(const bench::PassShape& shape) {
  return base::format("{}x{}+{}", shape.examples, shape.source, shape.target);
}

void print(const std::string& name, const bench::MeasuredPass& pass) {
  if (pass.repeats == 0)
    fmt::print("{:<34}{:>9.3f}  left out: --seconds more\n", name, 1e-12 * pass.flop);
  else
    fmt::print("{:<34}{:>9.3f}{:>9.3f}{:>10.4f}{:>7.0f} %{:>9.2f}\n", name, 1e-12 * pass.flop,
               pass.seconds, 1e-12 * pass.rate, 100 * pass.share, 1e-9 * pass.bytes);
}

void print_phases(const bench::MeasuredPass& pass) {
  std::vector<std::pair<double, std::string>> shares;
  for (const auto& [name, share] : pass.phases)
    shares.emplace_back(share, name.empty() ? "other" : name);
  std::sort(shares.rbegin(), shares.rend());
  fmt::print(
      "\nwhere one candidate's time goes, {} tokens ({:.0f} % of the model's speed without "
      "adapters):\n",
      tokens(pass.shape), 100 * pass.base_speed);
  for (const auto& [share, name] : shares)
    if (share >= 0.0005) fmt::print("  {:<32}{:>6.1f} %\n", name, 100 * share);
}

void print(const BenchOptions& options, int threads, const bench::BenchResult& b) {
  fmt::print(
      "{} in {}, {} thread(s) at work; matrix product: f32 {:.4f}, bf16 {:.4f} TFLOP/s a "
      "core\n\n",
      model_name(options), options.model.precision, threads, 1e-12 * b.peak_f32,
      1e-12 * b.peak_bf16);
  for (const bench::CompositionTime& c : b.compositions)
    fmt::print("composition of {:>2} candidate(s): {:.1f} ms, {:.2f} GB, {:.1f} GB/s\n",
               c.candidates, 1e3 * c.seconds, 1e-9 * c.bytes, 1e-9 * c.bytes / c.seconds);
  fmt::print("\n{:<34}{:>9}{:>9}{:>10}{:>9}{:>9}\n", "", "TFLOP", "s", "TFLOP/s", "of peak", "GB");
  for (const bench::MeasuredPass& pass : b.losses)
    print(base::format("loss, {} candidate(s), {}", pass.shape.candidates, tokens(pass.shape)),
          pass);
  print(base::format("generation, {}", tokens(b.generation.shape)), b.generation);
  for (const bench::MeasuredPass& pass : b.chunks)
    print(base::format("{} rows together", pass.shape.examples * pass.shape.source), pass);
  for (const bench::MeasuredPass& pass : b.losses)
    if (!pass.phases.empty()) print_phases(pass);
  fmt::print(
      "\nbest chunk: {} rows; TFLOP of real tokens, TFLOP/s of one busy core; a plan may "
      "count on {:.4f}\n",
      b.best_rows(), 1e-12 * b.expected_rate());
}

int bench(const BenchOptions& options) {
  if (!options.file.empty())
    check_replaceable(options.file, {"\"best_rows\"", "\"flops_per_second\""}, options.force);
  const objective::Hardware hardware = cli::hardware(options.model, {});
  const auto model = load_model(options, hardware);
  const lora::Pool pool =
      options.library.empty()
          ? lora::random_pool(model->architecture(), options.count, hardware.device)
          : load_pool(options.library, options.modules,
                      {.model = options.model.model,
                       .architecture = model->architecture(),
                       .device = hardware.device,
                       .threads = hardware.threads});
  const bench::BenchResult result =
      bench::bench({.model = *model,
                    .pool = pool,
                    .kernels = {.placement = {.dtype = model->dtype(), .device = hardware.device},
                                .threads = hardware.threads},
                    .seconds = options.seconds});
  print(options, hardware.threads, result);
  if (!options.file.empty())
    base::write_file(options.file, bench::bench_json({.model = model_name(options),
                                                      .precision = options.model.precision,
                                                      .device = options.model.device,
                                                      .threads = hardware.threads},
                                                     result));
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("bench",
                                     "measure this machine: the passes of a model, and which share "
                                     "of the matrix product's rate they reach");
  command->footer("Example: lorahub bench --shape flan-t5-base --threads 1 --json rate.json");
  const auto options = std::make_shared<BenchOptions>();
  add_model(*command, options->model.model);
  command->add_option("--shape", options->shape,
                      "without --model: random weights of flan-t5-small, base (default), large, "
                      "xl or xxl, smollm2-135m, llama-3.2-1b or qwen2.5-7b");
  add_library(*command, options->library,
              "a folder of PEFT adapters (default: random ones of rank 16)");
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  command->add_option("--count", options->count, "random modules (default: 20)")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--seconds", options->seconds,
                   "about how long; what would not fit is left out (default: 60)")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--json", options->file, "write it to this file, for `lorahub plan --rate`");
  add_force(*command, options->force);
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return bench(*options); }; });
}

}  // namespace lorahub::cli
