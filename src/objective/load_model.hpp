// From a name to what a rank computes with: a model on its device.
#pragma once
#include <string>
#include <vector>

#include "model/placement.hpp"
#include "objective/hardware.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {

// `model`: a folder or a Hugging Face name found in its cache. Error when it is not there, or no
// GPU for cuda.
objective::LoadedModel load_model(const std::string& model, study::Precision precision,
                                  const Hardware& hardware);

// The same of which `share` is read; the rest comes by run::exchange_tensors().
struct PartlyLoadedModel {
  objective::LoadedModel machine;
  std::vector<model::SharedTensor> tensors;
};
PartlyLoadedModel load_share(const std::string& model, study::Precision precision,
                             const Hardware& hardware, model::Share share);

// What a search in this precision multiplies by, where it is not the network's own weights.
void add_narrow_weights(objective::LoadedModel& machine, study::Precision precision, int threads);

}  // namespace lorahub::objective
