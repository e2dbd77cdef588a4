// The modules of a pool side by side at each place, as compositions of products need them.
#pragma once
#include <cstdint>
#include <vector>

#include "lora/pool.hpp"

namespace lorahub::lora {

// a [1, sum r, in] and b [1, out, sum r] of a place, f32.
Factors side_by_side(const Pool& pool, size_t place);

// How many columns of side_by_side() each module has, [N]. In a pool of equal ranks a module
// without the place has its columns there, too, which are zero.
std::vector<int64_t> widths(const Pool& pool, size_t place);

// [N, sum r], f32, on the pool's device: `values` (one a module) in the columns of the row's
// module, else 0.
at::Tensor spread(const Pool& pool, size_t place, const std::vector<double>& values);

// The places, as int64, of the columns of side_by_side() that belong to modules that have the
// place.
at::Tensor present_columns(const Pool& pool, size_t place);

}  // namespace lorahub::lora
