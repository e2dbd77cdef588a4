// Cuts a module to a smaller rank: the result is the nearest one, by singular value decomposition
// at each place.
#pragma once
#include "lora/library.hpp"

namespace lorahub::lora {

// BA = U S V^T at each place becomes B = U sqrt(S), A = sqrt(S) V^T, cut to the `rank` largest;
// alpha keeps alpha/r. At full rank the product is kept and only the factors change (factor
// composition depends on them: the control). Signs: the entry of largest magnitude in each column
// of U is positive. Error when `rank` is above the module's.
Module truncate(const Module& module, int64_t rank);

}  // namespace lorahub::lora
