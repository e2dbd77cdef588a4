// Tensors over the bytes of a mapped file.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string_view>

#include "base/files.hpp"

namespace lorahub::t5 {

using Mapped = std::shared_ptr<const base::MappedFile>;

// Error (naming the file) when it is missing, or a Git LFS pointer instead of the weights.
Mapped map_weights(const std::filesystem::path& file);

// Bytes of a contiguous tensor; nullopt for a negative or overflowing shape, or one of over 64
// dimensions (ATen's limit).
std::optional<int64_t> byte_count(at::IntArrayRef sizes, int64_t element_size);

// Contiguous, read only, keeps the map alive; copied only where `bytes` are not aligned for the
// type.
struct Layout {
  at::ScalarType type;
  at::IntArrayRef sizes;
};
at::Tensor mapped_tensor(const Mapped& file, std::string_view bytes, Layout layout);

// Of a tensor over such bytes: base::read_ahead().
void read_ahead(const at::Tensor& mapped);

// Whether both are of one type and shape and hold the same numbers (NaN is unlike itself, but for
// one memory).
bool same_values(const at::Tensor& one, const at::Tensor& other);

// Whether no value is NaN or infinite.
bool is_finite(const at::Tensor& values);

}  // namespace lorahub::t5
