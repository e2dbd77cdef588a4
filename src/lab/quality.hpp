// What the made lab can do, before any search: whether it is the instrument that it is meant to be.
#pragma once
#include <string>
#include <vector>

#include "lab/stages.hpp"

namespace lorahub::lab {

// What a module's card says, which was measured when the module was trained.
struct ModuleFigures {
  std::string module;            // "r16/find_letter"
  double before = 0, after = 0;  // accuracy before and after the training, in percent
  double loss = 0;               // after it
};
// Error naming a card that lacks some of them.
std::vector<ModuleFigures> figures_of_modules(const Lab& lab);

// measured.json. Accuracy in percent: of the base by skill, in its own form unasked and in each
// form by cue; on each target as it is asked (zero-shot), in the own form, and with the form named;
// of each module on its card's rows, from its card. Returns the figures that matter in a few words.
std::string write_measured(const Lab& lab, const train::TrainingResources& resources);

}  // namespace lorahub::lab
