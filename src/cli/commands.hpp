// The commands of the program, one file each. A command adds its options to the parser and, when
// chosen, what to do.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "base/device.hpp"
#include "lora/claim.hpp"
#include "lora/write_mixture.hpp"
#include "model/architecture.hpp"
#include "objective/load_model.hpp"
#include "study/setting.hpp"

namespace CLI {
class App;
}

namespace lorahub::cli {

using Action = std::function<int()>;

// Each returns nothing until the parser has chosen it; then `action` holds what to do.
void add_run(CLI::App& app, Action& action);
void add_plan(CLI::App& app, Action& action);
void add_knobs(CLI::App& app, Action& action);
void add_submit(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_score(CLI::App& app, Action& action);
void add_infer(CLI::App& app, Action& action);
void add_adapt(CLI::App& app, Action& action);
void add_compose(CLI::App& app, Action& action);
void add_hub(CLI::App& app, Action& action);
void add_probe(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_lab(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);  // where LORAHUB_SERVE is on
void add_doctor(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

// --device, --precision, --threads: on every command that runs a model.
struct ModelOptions {
  std::string model;
  std::string device = "cpu", precision = "f32";
  int threads = 0;  // 0: cores / ranks on this node
};
void add_device(CLI::App& command, std::string& device, int& threads);
void add_hardware(CLI::App& command, ModelOptions& options,
                  const std::vector<std::string>& precisions = {"f32", "bf16"});

// --columns: which columns of the --task file's rows are meant.
void add_columns(CLI::App& command, std::string& columns);
void add_no_memory_check(CLI::App& command, bool& skip);
void add_max_input(CLI::App& command, int& tokens);

// Which of the ranks on this node this one is.
struct NodeRank {
  int rank = 0, ranks = 1;
};
objective::Hardware hardware(const ModelOptions& options, NodeRank here);
// Settles which GPU a rank computes on, where its launcher says the place on the node. To be called
// before MPI begins: an MPI for GPUs starts CUDA, which looks once which GPUs it may use.
void choose_gpu(const std::string& device);
void check_gpu_threads(int threads);  // Error where they are too many for one GPU
objective::LoadedModel load_model(const ModelOptions& options);

void warn(const std::string& sentence);  // to stderr; nothing for ""

// `modules`: names with commas; "": all of the library. Warns where they name another base.
struct PoolBase {
  const std::string& model;  // as it was given
  const model::Architecture& architecture;
  base::Device device = base::Device::cpu;
  int threads = 1;
};
lora::Pool load_pool(const std::string& library, const std::string& modules, PoolBase base);

// --out, --rank, --merge and --force: what is written (lora/write_mixture.hpp).
struct OutOptions {
  std::string folder;
  int rank = 0;
  std::string merge;  // "", "f32" or "bf16"
  lora::Force force = lora::Force::no;
};
void add_out(CLI::App& command, OutOptions& options);
lora::WrittenForm form(const OutOptions& options);
void warn(const lora::Written& written, const OutOptions& options);  // of losses, to stderr

// The shards of a study that have left no journal in the folder, each as "2 of 3". `shards` is how
// many the study has; 0: as the names of the journals say.
std::vector<std::string> missing_shards(const std::filesystem::path& folder, int shards);

void say(const std::vector<std::string>& sentences);  // to stderr, one line each

// "KEY=VALUE" words of an option.
std::vector<study::Setting> settings(const std::vector<std::string>& words,
                                     std::string_view option);

}  // namespace lorahub::cli
