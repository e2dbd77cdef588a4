// A tensor in memory that the ranks of a node share (base/node_memory.hpp): computed by one of
// them.
#pragma once
#include <functional>
#include <string>

#include "t5/mapped.hpp"

namespace lorahub::t5 {

// `key` names all that the values depend on; empty: this process's own tensor. `fill` writes every
// element. On the CPU; read only when shared.
at::Tensor shared_tensor(const std::string& key, Layout layout,
                         const std::function<void(const at::Tensor&)>& fill);

}  // namespace lorahub::t5
