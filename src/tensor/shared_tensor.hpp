// A tensor in memory that the ranks of a node share (base/node_memory.hpp); one of them computes
// it.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>

namespace lorahub::tensor {

struct TensorLayout {  // contiguous
  at::ScalarType type;
  at::IntArrayRef sizes;
};

// Bytes of a contiguous tensor; nullopt for a negative or overflowing shape, or one of over 64
// dimensions (ATen's limit).
std::optional<int64_t> byte_count(at::IntArrayRef sizes, int64_t element_size);

// `key` names all that the values depend on; with an empty key the tensor is this process's own.
// `fill` writes every element. The tensor is on the CPU, and read only when shared.
at::Tensor shared_tensor(const std::string& key, TensorLayout layout,
                         const std::function<void(const at::Tensor&)>& fill);

}  // namespace lorahub::tensor
