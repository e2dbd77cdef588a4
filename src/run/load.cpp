#include "run/load.hpp"

#include "t5/delta_layers.hpp"
#include "t5/hub.hpp"

namespace lorahub::run {

namespace {
t5::Placement placement(study::Precision precision, const Hardware& hardware) {
  if (precision == study::Precision::delta_int8) t5::check_int8(hardware.device);
  return {.dtype = precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat,
          .device = hardware.device};
}

objective::Machine machine_of(t5::Network network, const std::filesystem::path& folder,
                              const Hardware& hardware) {
  task::Tokenizer tokenizer = task::read_tokenizer(folder, network.config.vocabulary);
  return {.network = std::move(network),
          .tokenizer = std::move(tokenizer),
          .device = hardware.device,
          .threads = hardware.threads};
}
}  // namespace

objective::Machine load_machine(const std::string& model, study::Precision precision,
                                const Hardware& hardware) {
  const std::filesystem::path folder = t5::resolve(model);
  return machine_of(t5::load(folder, placement(precision, hardware), hardware.threads), folder,
                    hardware);
}

void add_narrow_weights(objective::Machine& machine, study::Precision precision, int threads) {
  if (machine.narrow != nullptr) return;
  if (precision == study::Precision::delta_bf16)
    machine.narrow = t5::bf16_weights(t5::delta_layers(machine.network), threads);
  if (precision == study::Precision::delta_int8)
    machine.narrow = t5::int8_weights(t5::delta_layers(machine.network), threads);
}

PartlyLoadedMachine load_share(const std::string& model, study::Precision precision,
                               const Hardware& hardware, t5::Share share) {
  const std::filesystem::path folder = t5::resolve(model);
  t5::PartlyLoaded loaded = t5::load_share(folder, placement(precision, hardware), share);
  return {.machine = machine_of(std::move(loaded.network), folder, hardware),
          .tensors = std::move(loaded.tensors)};
}

}  // namespace lorahub::run
