#include "cli/commands.hpp"

#include <CLI/CLI.hpp>  // here alone: a file that includes it compiles the whole parser once more
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/gpus.hpp"
#include "base/input.hpp"
#include "base/launcher.hpp"
#include "base/nesting.hpp"
#include "base/printable.hpp"
#include "base/signals.hpp"
#include "checkpoint/hub_cache.hpp"
#include "cli/command_facts.hpp"
#include "cli/outputs.hpp"
#include "cli/usage.hpp"
#include "lora/base_names.hpp"
#include "lora/load_modules.hpp"
#include "plan/environment.hpp"
#include "study/choices.hpp"
#include "text/tokenizer_class.hpp"
#include "workers/session.hpp"

namespace lorahub::cli {
namespace {

constexpr int kGpuThreads = 16;

const std::set<std::string> kOfManyRanks{"run", "adapt", "train",
                                         "lab", "serve", "doctor"};  // they open a session

std::string versions() {
  const auto environment = plan::environment();
  std::string text =
      base::format("lorahub {} (commit {})", environment.at("version"), environment.at("commit"));
  for (const char* library : {"compiler", "libtorch", "mpi", "hdf5"})
    text += base::format("\n{:<9} {}", library, environment.at(library));
  return text;
}

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

std::vector<std::vector<double>> read_weights(const std::string& file) {
  const std::string text = base::read_input(file);
  const auto json = nlohmann::json::parse(base::shallow_json(text), nullptr, false);
  base::check(json.is_array() && !json.empty(),
              "{}: expected a list of weight vectors such as [[0.5, 0, 1]]{}", file,
              base::seems_to_be(text));
  std::vector<std::vector<double>> rows;
  for (const auto& row : json) {
    base::check(row.is_array(), "{}: weight vector {} is not a list, write [[0.5, 0, 1]]", file,
                rows.size());
    std::vector<double> weights;
    for (const auto& value : row) {
      base::check(value.is_number(),
                  "{}: weight {} of vector {} is not a finite number (losses would be NaN)", file,
                  weights.size(), rows.size());
      weights.push_back(value.get<double>());
    }
    rows.push_back(std::move(weights));
  }
  return rows;
}

std::vector<double> one_vector(const std::string& file, int modules) {
  const std::vector<std::vector<double>> rows = read_weights(file);
  base::check(rows.size() == 1, "{}: holds {} weight vectors where one is wanted", file,
              rows.size());
  base::check(static_cast<int>(rows[0].size()) == modules,
              "{}: {} weights for {} modules, give one weight a module", file, rows[0].size(),
              modules);
  return rows[0];
}

void say(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences)
    fmt::print(stderr, "lorahub: {}\n", base::printable_line(sentence));
}

int run(int argc, char** argv, ErrorForm& errors) {
  base::ignore_file_size_signal();
  CLI::App app(
      "lorahub: adapts a frozen language model to unseen tasks by searching LoRA mixing weights "
      "(arXiv 2307.13269)",
      "lorahub");
  app.set_version_flag("--version", versions);
  app.require_subcommand(1);
  app.footer("Example: lorahub run experiments/quickstart.yaml");
  Action action;
  for (const auto add :
       {add_run,   add_plan,  add_submit, add_status, add_merge,      add_report,  add_export,
        add_knobs, add_check, add_score,  add_infer,  add_adapt,      add_compose, add_hub,
        add_probe, add_train, add_lab,    add_bench,  add_completion, add_manual,  add_doctor})
    add(app, action);
#ifdef LORAHUB_SERVE
  add_serve(app, action);
#endif
  show_defaults(app);
  errors = error_form(app, argc, argv);
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    base::fail("{}", usage_error(app, error));
  }
  check_values(app);
  const std::string command = app.get_subcommands().front()->get_name();
  if (!kOfManyRanks.contains(command)) workers::check_started_once(command);
  return action();
}

}  // namespace lorahub::cli
