// Whether a trial can have the loss that it asks for.
#pragma once
#include "study/fields.hpp"

namespace lorahub::study {

// Error that names the place of the value: `ask` without a program, a loss without a gradient for a
// method that needs one, and shots held out of a search that cannot leave each out equally often.
// `values`: those that the trial was made of.
void check_loss(const Values& values, const Trial& trial);

}  // namespace lorahub::study
