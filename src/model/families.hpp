// Loads models of any family; `model_type` of config.json names the family.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/generation_config.hpp"
#include "model/model.hpp"
#include "model/placement.hpp"

namespace lorahub::model {

// Error naming the file and the field for anything that is no model that this program computes.
std::shared_ptr<const Architecture> read_architecture(const std::filesystem::path& folder);

// The architecture of a published name, "google/flan-t5-large" or "flan-t5-large", whose files need
// not be here. Null for another name.
std::shared_ptr<const Architecture> published(const std::string& name);

// Error for missing, damaged or foreign weights, and where there is no GPU for cuda.
std::shared_ptr<const Model> load(const std::filesystem::path& folder, Placement placement,
                                  int threads = 1);

struct PartlyLoaded {
  std::shared_ptr<const Model> model;
  std::vector<SharedTensor> tensors;  // all of them once, in the same order on all ranks
};
PartlyLoaded load_share(const std::filesystem::path& folder, Placement placement, Share share);

// A model as training from scratch begins, in f32. Error where there is no GPU for cuda.
std::shared_ptr<const Model> initial_model(const std::filesystem::path& folder, uint64_t seed,
                                           base::Device device = base::Device::cpu);

// A model of a published size with uniform random weights at the scales of trained ones, for
// measurements. They are always the same on one machine. Null for a name that is not known.
std::shared_ptr<const Model> random_model(const std::string& published_name, Placement placement);

}  // namespace lorahub::model
