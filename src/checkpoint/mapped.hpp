// Tensors over the bytes of a mapped file.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string_view>

#include "base/files.hpp"
#include "tensor/shared_tensor.hpp"

namespace lorahub::checkpoint {

using Mapped = std::shared_ptr<const base::MappedFile>;

// Maps a weight file. Error (naming the file) when it is missing, or a Git LFS pointer instead of
// the weights.
Mapped map_weights(const std::filesystem::path& file);

// A tensor over `bytes` of the file: contiguous, read only, and keeping the map alive. The bytes
// are copied only where they are not aligned for the type.
at::Tensor mapped_tensor(const Mapped& file, std::string_view bytes, tensor::TensorLayout layout);

// Calls base::read_ahead() for the bytes of such a tensor.
void read_ahead(const at::Tensor& mapped);

}  // namespace lorahub::checkpoint
