// Makes a module smaller: cut to the nearest one of a smaller rank, by singular value decomposition
// at each place, or written with no more rank than its matrices can have, which loses nothing.
#pragma once
#include "lora/library.hpp"

namespace lorahub::lora {

// BA = U S V^T at each place becomes B = U sqrt(S), A = sqrt(S) V^T, cut to the `rank` largest;
// alpha keeps alpha/r. At full rank the product is kept and only the factors change (factor
// composition depends on them: the control). Signs: the entry of largest magnitude in each column
// of U is positive. Error when `rank` is above the module's.
Module truncate(const Module& module, int64_t rank);

// The same module with factors of no more rank than the smaller side of their matrix; BA stays, up
// to rounding to f32. Where the rank was larger, as for many modules side by side, one factor
// becomes the product BA and the other the identity.
Module narrowed(const Module& module);

}  // namespace lorahub::lora
