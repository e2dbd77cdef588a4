// Decides where in memory the values of a pool lie.
#pragma once
#include <functional>

#include "lora/pool.hpp"

namespace lorahub::lora {

// Makes the views a and b of the pool point into `flat`, at the places where they pointed in the
// old memory.
void rebase(Pool& pool, const at::Tensor& flat);

// Gives the pool memory on the CPU for its shape, which `fill` writes: it is called with the same
// pool over writable memory. Where pool.origin is known, the processes of a node share the memory,
// and one of them calls `fill`.
void materialise(Pool& pool, const std::function<void(const Pool&)>& fill);

// Points the pool into the modules' files, where these are alike: the same tensors of the same
// shapes at the same places, f32, nothing else between them. False where they are not.
bool map_in_place(const std::vector<Module>& modules, Pool& pool);

}  // namespace lorahub::lora
