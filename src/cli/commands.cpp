#include "cli/commands.hpp"

#include <CLI/App.hpp>

#include "base/check.hpp"
#include "base/gpus.hpp"
#include "base/launcher.hpp"
#include "base/printable.hpp"
#include "checkpoint/hub_cache.hpp"
#include "cli/outputs.hpp"
#include "lora/base_names.hpp"
#include "lora/load_modules.hpp"
#include "study/choices.hpp"
#include "study/trial.hpp"
#include "text/tokenizer_class.hpp"

namespace lorahub::cli {
namespace {

constexpr int kGpuThreads = 16;

}  // namespace

void add_device(CLI::App& command, std::string& device, int& threads) {
  command.add_option("--device", device, "where the model is computed")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command
      .add_option("--threads", threads,
                  "threads of each rank (default: cores / ranks on this node)")
      ->check(CLI::Range(1, 1024));
}

void add_hardware(CLI::App& command, ModelOptions& options,
                  const std::vector<std::string>& precisions) {
  add_device(command, options.device, options.threads);
  command.add_option("--precision", options.precision, "numbers of the model")
      ->check(CLI::IsMember(precisions));
}

void add_columns(CLI::App& command, std::string& columns) {
  command.add_option("--columns", columns,
                     "input=NAME,target=NAME: the columns of the rows to read, alone (default: "
                     "told by their names); input=A+B joins two by a blank line");
}

void add_no_memory_check(CLI::App& command, bool& skip) {
  command.add_flag("--no-memory-check", skip,
                   "begin even where the memory can't suffice by the estimate of `lorahub plan`");
}

void add_max_input(CLI::App& command, int& tokens) {
  command.add_option("--max-input", tokens, "tokens of an input; a longer one is refused")
      ->check(CLI::Range(1, study::kMostInput));
}

void check_gpu_threads(int threads) {
  base::check(threads <= kGpuThreads,
              "--threads {}: at most {} share a GPU (each has a stream of its own), use 4", threads,
              kGpuThreads);
}

objective::Hardware hardware(const ModelOptions& options, NodeRank here) {
  const bool on_gpu = options.device == "cuda";
  const base::Device device = on_gpu ? base::Device::cuda : base::Device::cpu;
  const int threads =
      options.threads > 0 ? options.threads : objective::default_threads(here.ranks, device);
  if (on_gpu) check_gpu_threads(threads);
  return {.device = device,
          .threads = threads,
          .gpu = on_gpu ? base::claim_gpu(here.rank).value_or("") : ""};
}

void choose_gpu(const std::string& device) {
  if (device != "cuda") return;
  if (const std::optional<int> rank = base::launched_rank_on_node()) base::claim_gpu(*rank);
}

objective::LoadedModel load_model(const ModelOptions& options) {
  objective::LoadedModel loaded = objective::load_model(
      options.model, study::parse<study::Precision>(options.precision, "--precision"),
      hardware(options, {}));
  warn(text::tokenizer_class_warning(checkpoint::resolve(options.model)));
  return loaded;
}

void warn(const std::string& sentence) {
  if (!sentence.empty()) fmt::print(stderr, "warning: {}\n", base::printable_line(sentence));
}

lora::Pool load_pool(const std::string& library, const std::string& modules, PoolBase base) {
  const std::vector<std::string> names =
      lora::pick(library, {.count = 0, .names = base::split(modules, ',')}, 0);
  lora::Modules kept;
  const lora::LibraryChoice choice{
      .model = base.model, .library = library, .names = names, .threads = base.threads};
  const std::vector<lora::Module> read = lora::load_modules(choice, base.architecture, kept);
  warn(lora::base_warning(lora::named_bases(library, names), base.model));
  return lora::stack(read, base.architecture, base.device, base.threads);
}

void add_out(CLI::App& command, OutOptions& options) {
  command
      .add_option("--out", options.folder,
                  "the adapter's (or model's) folder: a new or empty one, or that of an earlier "
                  "composition")
      ->required();
  add_force(command, options.force);
  command
      .add_option("--rank", options.rank,
                  "cut the adapter to this rank by SVD (default: as composed)")
      ->check(CLI::Range(1, 1000000));
  command
      .add_option("--merge", options.merge,
                  "write a whole model, in these numbers, with the adapter in its weights")
      ->check(CLI::IsMember({"f32", "bf16"}));
}

lora::WrittenForm form(const OutOptions& options) {
  if (options.merge.empty()) return lora::WrittenForm::adapter;
  return options.merge == "f32" ? lora::WrittenForm::merged_f32 : lora::WrittenForm::merged_bf16;
}

void warn(const lora::Written& written, const OutOptions& options) {
  if (written.cut > 0)
    fmt::print(stderr, "rank {} cut to {}: {:.2g} % of what the adapter adds is left out\n",
               written.module.truncated_from, written.module.rank, 100 * written.cut);
  if (options.merge == "bf16")
    fmt::print(stderr,
               "warning: bf16 weights are coarse beside an adapter (rounding changed what it adds "
               "by {:.2g} %), keep the adapter apart or use --merge f32\n",
               100 * written.lost);
}

void say(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences)
    fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
}

}  // namespace lorahub::cli
