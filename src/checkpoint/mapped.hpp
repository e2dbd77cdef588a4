// Tensors over the bytes of a mapped file.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string_view>

#include "base/files.hpp"
#include "tensor/shared_tensor.hpp"

namespace lorahub::checkpoint {

using Mapped = std::shared_ptr<const base::MappedFile>;

// Error (naming the file) when it is missing, or a Git LFS pointer instead of the weights.
Mapped map_weights(const std::filesystem::path& file);

// Contiguous, read only, keeps the map alive; copied only where `bytes` are not aligned for the
// type.
at::Tensor mapped_tensor(const Mapped& file, std::string_view bytes, tensor::Layout layout);

// Of a tensor over such bytes: base::read_ahead().
void read_ahead(const at::Tensor& mapped);

}  // namespace lorahub::checkpoint
