// What the made lab can do, before any search: whether it is the instrument that it is meant to be.
#pragma once
#include <string>

#include "lab/stages.hpp"

namespace lorahub::lab {

// measured.json. Accuracy in percent: of the base by skill, in its own form unasked and in each
// form by cue; on each target as it is asked (zero-shot), in the own form, and with the form named;
// of each module on its card's rows, from its card. Returns the figures that matter in a few words.
std::string write_measured(const Lab& lab, const train::TrainingResources& resources);

}  // namespace lorahub::lab
