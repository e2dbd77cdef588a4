#include "objective/load_model.hpp"

#include "checkpoint/hub.hpp"
#include "model/t5/delta_layers.hpp"

namespace lorahub::objective {

namespace {
model::Placement placement(study::Precision precision, const Hardware& hardware) {
  if (precision == study::Precision::delta_int8) model::delta::check_int8(hardware.device);
  return {.dtype = precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat,
          .device = hardware.device};
}

objective::Machine machine_of(model::t5::Network network, const std::filesystem::path& folder,
                              const Hardware& hardware) {
  text::Tokenizer tokenizer = text::read_tokenizer(folder, network.config.vocabulary);
  return {.network = std::move(network),
          .tokenizer = std::move(tokenizer),
          .device = hardware.device,
          .threads = hardware.threads};
}
}  // namespace

objective::Machine load_machine(const std::string& model, study::Precision precision,
                                const Hardware& hardware) {
  const std::filesystem::path folder = checkpoint::resolve(model);
  return machine_of(model::t5::load(folder, placement(precision, hardware), hardware.threads),
                    folder, hardware);
}

void add_narrow_weights(objective::Machine& machine, study::Precision precision, int threads) {
  if (machine.narrow != nullptr) return;
  if (precision == study::Precision::delta_bf16)
    machine.narrow = model::delta::bf16_weights(model::t5::delta_layers(machine.network), threads);
  if (precision == study::Precision::delta_int8)
    machine.narrow = model::delta::int8_weights(model::t5::delta_layers(machine.network), threads);
}

PartlyLoadedMachine load_share(const std::string& model, study::Precision precision,
                               const Hardware& hardware, model::Share share) {
  const std::filesystem::path folder = checkpoint::resolve(model);
  model::t5::PartlyLoaded loaded =
      model::t5::load_share(folder, placement(precision, hardware), share);
  return {.machine = machine_of(std::move(loaded.network), folder, hardware),
          .tensors = std::move(loaded.tensors)};
}

}  // namespace lorahub::objective
