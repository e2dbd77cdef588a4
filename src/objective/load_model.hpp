// Loads the model that a rank computes with, by its name, onto the rank's device.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/architecture.hpp"
#include "model/placement.hpp"
#include "objective/hardware.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {

// The type of the numbers that a forward pass computes with; delta evaluation keeps the exact
// weights as f32 beside its narrow ones.
at::ScalarType number_type(study::Precision precision);

// `model`: a folder or a Hugging Face name found in its cache. Error when it is not there, or no
// GPU for cuda.
objective::LoadedModel load_model(const std::string& model, study::Precision precision,
                                  const Hardware& hardware);

// The tokenizer in a model's folder, as the model reads texts: prompt and answer in one sequence
// where it has no encoder. Error where the embedding has no row for some tokens.
std::shared_ptr<const text::Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                      const model::Architecture& architecture);

// A model of which this rank has read `share`; run::exchange_tensors() fills in the rest.
struct PartlyLoadedModel {
  objective::LoadedModel loaded;
  std::vector<model::SharedTensor> tensors;
};
PartlyLoadedModel load_share(const std::string& model, study::Precision precision,
                             const Hardware& hardware, model::Share share);

// Adds the weights that a search in this precision multiplies by, where these are not the network's
// own.
void add_narrow_weights(objective::LoadedModel& loaded, study::Precision precision, int threads);

}  // namespace lorahub::objective
