// What PEFT's compositions do to the factors of modules before these are mixed: prune them, and
// elect signs. It depends on no weight, so it is done once for a pool.
#pragma once
#include "base/random.hpp"
#include "lora/pool.hpp"
#include "study/compositions.hpp"

namespace lorahub::lora {

// Keeps the floor(density * size) values of largest magnitude; of equal ones those that come first.
at::Tensor keep_largest(const at::Tensor& values, double density);

// Keeps each value with probability `density` (where uniform() < density, row by row) and divides
// it by `density` (DARE, Yu et al. 2024).
at::Tensor keep_at_random(const at::Tensor& values, double density, base::Stream stream);

// TIES (Yadav et al. 2023) of modules [N, ..]: each value stays where its sign is that of the sum
// over the modules (+ where that is 0), divided by the number of modules that keep it. The sum of
// the rows is then the mean over those that agree.
at::Tensor elect_signs(const at::Tensor& modules);

// The pool with factors pruned as the rule says, and times sqrt(alpha/r); its scalings are 1. Needs
// modules of equal rank at each place. DARE draws from a stream for (seed, module, place, factor).
Pool prepared(const Pool& pool, const study::MixingRule& rule);

}  // namespace lorahub::lora
