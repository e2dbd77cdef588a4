// The families of models, by name: the one file of this folder that knows them.
#include "model/families.hpp"

#include "model/config_fields.hpp"
#include "model/llama/architecture.hpp"
#include "model/llama/initial.hpp"
#include "model/llama/model.hpp"
#include "model/refused_types.hpp"
#include "model/t5/architecture.hpp"
#include "model/t5/initial.hpp"
#include "model/t5/model.hpp"
#include "model/t5/sizes.hpp"
#include "model/tensor_placer.hpp"

namespace lorahub::model {
namespace {

enum class Family { t5, llama };

// T5's reader says what is wrong with a file that names no known type.
Family family_of(const std::filesystem::path& folder) {
  const ConfigFields fields(folder, "model");
  if (fields.is_word("model_type")) {
    const std::string type = fields.word("model_type", "");
    if (llama::is_llama(type)) return Family::llama;
    refuse_known_others(fields.file(), type);
  }
  return Family::t5;
}

}  // namespace

std::shared_ptr<const Architecture> read_architecture(const std::filesystem::path& folder) {
  if (family_of(folder) == Family::llama)
    return std::make_shared<const llama::LlamaArchitecture>(llama::read_config(folder));
  return std::make_shared<const t5::T5Architecture>(t5::read_config(folder));
}

std::shared_ptr<const Architecture> published(const std::string& name) {
  if (const auto config = llama::published(name))
    return std::make_shared<const llama::LlamaArchitecture>(*config);
  const auto config = t5::published(name);
  return config ? std::make_shared<const t5::T5Architecture>(*config) : nullptr;
}

std::shared_ptr<const Model> load(const std::filesystem::path& folder, Placement placement,
                                  int threads) {
  if (family_of(folder) == Family::llama)
    return llama::as_model(llama::load(folder, placement, threads));
  return t5::as_model(t5::load(folder, placement, threads));
}

PartlyLoaded load_share(const std::filesystem::path& folder, Placement placement, Share share) {
  if (family_of(folder) == Family::llama) {
    auto loaded = llama::load_share(folder, placement, share);
    return {.model = llama::as_model(std::move(loaded.network)),
            .tensors = std::move(loaded.tensors)};
  }
  auto loaded = t5::load_share(folder, placement, share);
  return {.model = t5::as_model(std::move(loaded.network)), .tensors = std::move(loaded.tensors)};
}

std::shared_ptr<const Model> initial_model(const std::filesystem::path& folder, uint64_t seed,
                                           base::Device device) {
  check_device({.device = device});
  if (family_of(folder) == Family::llama)
    return llama::as_model(llama::initial_network(llama::read_config(folder), seed, device));
  return t5::as_model(t5::initial_network(t5::read_config(folder), seed, device));
}

std::shared_ptr<const Model> random_model(const std::string& published_name, Placement placement) {
  if (const auto config = llama::published(published_name))
    return llama::as_model(llama::random_network(*config, placement));
  const auto config = t5::published(published_name);
  return config ? t5::as_model(t5::random_network(*config, placement)) : nullptr;
}

}  // namespace lorahub::model
