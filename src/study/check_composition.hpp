// Whether a trial can have the composition that it asks for.
#pragma once
#include <string>

#include "study/fields.hpp"

namespace lorahub::study {

// Error that names the place of the value, for a composition that the method, the precision or the
// loss of the trial makes no sense with. `values`: those that the trial was made of.
void check_composition(const Values& values, const Trial& trial);

// Why a method that weighs each input by itself does not take the composition; "" where it does,
// and of other methods.
std::string refusal_of_inputs(Method method, Composition composition);

}  // namespace lorahub::study
