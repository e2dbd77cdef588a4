#include "objective/load_model.hpp"

#include "checkpoint/hub_cache.hpp"
#include "model/families.hpp"

namespace lorahub::objective {

at::ScalarType number_type(study::Precision precision) {
  return precision == study::Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

namespace {
model::Placement placement(study::Precision precision, const Hardware& hardware) {
  if (precision == study::Precision::delta_int8) model::delta::check_int8(hardware.device);
  return {.dtype = number_type(precision), .device = hardware.device};
}

objective::LoadedModel loaded_model(std::shared_ptr<const model::Model> model,
                                    const std::filesystem::path& folder, const Hardware& hardware) {
  auto tokenizer = load_tokenizer(folder, model->architecture());
  return {.model = std::move(model),
          .tokenizer = std::move(tokenizer),
          .device = hardware.device,
          .threads = hardware.threads};
}
}  // namespace

std::shared_ptr<const text::Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                      const model::Architecture& architecture) {
  return text::load_tokenizer(
      folder,
      {.vocabulary = architecture.vocabulary(),
       .sequences = architecture.has_encoder() ? text::Sequences::two : text::Sequences::one});
}

objective::LoadedModel load_model(const std::string& model, study::Precision precision,
                                  const Hardware& hardware) {
  const std::filesystem::path folder = checkpoint::resolve(model);
  return loaded_model(model::load(folder, placement(precision, hardware), hardware.threads), folder,
                      hardware);
}

void add_narrow_weights(objective::LoadedModel& loaded_model, study::Precision precision,
                        int threads) {
  if (loaded_model.narrow != nullptr) return;
  const model::Model& model = *loaded_model.model;
  if (precision == study::Precision::delta_bf16)
    loaded_model.narrow = model::delta::bf16_weights(model.delta_layers(), threads);
  if (precision == study::Precision::delta_int8)
    loaded_model.narrow = model::delta::int8_weights(
        model.delta_layers(), {.threads = threads, .outlying_inputs = model.has_outlying_inputs()});
}

PartlyLoadedModel load_share(const std::string& model, study::Precision precision,
                             const Hardware& hardware, model::Share share) {
  const std::filesystem::path folder = checkpoint::resolve(model);
  model::PartlyLoaded loaded = model::load_share(folder, placement(precision, hardware), share);
  return {.loaded = loaded_model(std::move(loaded.model), folder, hardware),
          .tensors = std::move(loaded.tensors)};
}

}  // namespace lorahub::objective
