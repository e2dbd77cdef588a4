#include "run/load.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/cores.hpp"
#include "lora/truncate.hpp"
#include "t5/hub.hpp"
#include "t5/threads.hpp"
#include "task/same_tokens.hpp"

namespace lorahub::run {

int default_threads(int ranks_on_node, t5::Device device) {
  const int most = device == t5::Device::cpu ? base::usable_cores() : 4;
  return std::clamp(base::online_cores() / ranks_on_node, 1, most);
}

int default_trials(t5::Device device) { return device == t5::Device::cpu ? 1 : 2; }

namespace {
t5::Placement placement(study::Precision precision, const Hardware& hardware) {
  if (precision == study::Precision::delta_int8) t5::check_int8(hardware.device);
  return {.dtype = precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat,
          .device = hardware.device};
}

objective::Machine machine_of(t5::Network network, const std::filesystem::path& folder,
                              const Hardware& hardware) {
  task::Tokenizer tokenizer = load_tokenizer(folder, network.config);
  return {.network = std::move(network),
          .tokenizer = std::move(tokenizer),
          .device = hardware.device,
          .threads = hardware.threads};
}
}  // namespace

task::Tokenizer load_tokenizer(const std::filesystem::path& folder, const t5::Config& config) {
  task::Tokenizer tokenizer(folder);
  tokenizer.check_fits(config.vocabulary, folder);
  return tokenizer;
}

objective::Machine load_machine(const std::string& model, study::Precision precision,
                                const Hardware& hardware) {
  const std::filesystem::path folder = t5::resolve(model);
  return machine_of(t5::load(folder, placement(precision, hardware), hardware.threads), folder,
                    hardware);
}

void add_narrow_weights(objective::Machine& machine, study::Precision precision, int threads) {
  if (machine.narrow != nullptr) return;
  if (precision == study::Precision::delta_bf16)
    machine.narrow = t5::bf16_weights(machine.network, threads);
  if (precision == study::Precision::delta_int8)
    machine.narrow = t5::int8_weights(machine.network, threads);
}

PartlyLoadedMachine load_share(const std::string& model, study::Precision precision,
                               const Hardware& hardware, t5::Share share) {
  const std::filesystem::path folder = t5::resolve(model);
  t5::PartlyLoaded loaded = t5::load_share(folder, placement(precision, hardware), share);
  return {.machine = machine_of(std::move(loaded.network), folder, hardware),
          .tensors = std::move(loaded.tensors)};
}

void exchange_tensors(const std::vector<t5::SharedTensor>& tensors, workers::Channel& channel) {
  for (const t5::SharedTensor& shared : tensors)
    channel.broadcast(shared.tensor.data_ptr(), shared.tensor.nbytes(), shared.owner);
}

std::vector<lora::Module> load_modules(const LibraryChoice& choice, const t5::Config& base,
                                       Modules& kept) {
  std::vector<lora::Module> modules(choice.names.size());
  const std::filesystem::path model = t5::resolve(choice.model);
  t5::share(choice.threads, static_cast<int>(modules.size()), [&](int i) {
    const std::string& name = choice.names[static_cast<size_t>(i)];
    lora::Module& module = modules[static_cast<size_t>(i)];
    const auto found = kept.find(name);
    if (found != kept.end()) {
      module = found->second;
      return;
    }
    const std::filesystem::path folder = lora::module_folder(choice.library, name);
    task::check_same_tokens(model, folder);
    module = lora::read_module(folder, name, base);
    if (choice.rank > 0 && choice.rank != module.rank) module = lora::truncate(module, choice.rank);
  });
  kept.clear();
  for (const lora::Module& module : modules) kept.emplace(module.name, module);
  return modules;
}

}  // namespace lorahub::run
