// The families of models, by name: the one file of this folder that knows them.
#include "model/families.hpp"

#include "model/t5/generation_config.hpp"
#include "model/t5/initial.hpp"
#include "model/t5/model.hpp"
#include "model/t5/sizes.hpp"

namespace lorahub::model {

std::shared_ptr<const Architecture> read_architecture(const std::filesystem::path& folder) {
  return std::make_shared<const t5::T5Architecture>(t5::read_config(folder));
}

std::shared_ptr<const Architecture> published(const std::string& name) {
  const auto config = t5::published(name);
  return config ? std::make_shared<const t5::T5Architecture>(*config) : nullptr;
}

std::shared_ptr<const Model> load(const std::filesystem::path& folder, Placement placement,
                                  int threads) {
  return std::make_shared<const t5::T5Model>(t5::load(folder, placement, threads));
}

PartlyLoaded load_share(const std::filesystem::path& folder, Placement placement, Share share) {
  t5::PartlyLoadedNetwork loaded = t5::load_share(folder, placement, share);
  return {.model = std::make_shared<const t5::T5Model>(std::move(loaded.network)),
          .tensors = std::move(loaded.tensors)};
}

std::shared_ptr<const Model> initial_model(const std::filesystem::path& folder, uint64_t seed) {
  return std::make_shared<const t5::T5Model>(t5::initial_network(t5::read_config(folder), seed));
}

std::shared_ptr<const Model> random_model(const std::string& published_name, Placement placement) {
  const auto config = t5::published(published_name);
  return config ? std::make_shared<const t5::T5Model>(t5::random_network(*config, placement))
                : nullptr;
}

std::string generation_warning(const std::filesystem::path& folder) {
  return t5::generation_warning(folder);
}

}  // namespace lorahub::model
