#include "checkpoint/mapped.hpp"

#include <ATen/ATen.h>

#include <bit>
#include <cassert>

#include "base/check.hpp"

namespace lorahub::checkpoint {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian");

Mapped map_weights(const std::filesystem::path& file) {
  std::error_code unreadable;
  const std::filesystem::file_status found = std::filesystem::status(file, unreadable);
  base::check(std::filesystem::exists(found),
              "{}: no such file (weights were expected there), check the path", file.string());
  base::check(std::filesystem::is_regular_file(found),
              "{}: is a folder, a pipe or a device (a file of weights was expected there), check "
              "the path",
              file.string());
  auto mapped = std::make_shared<const base::MappedFile>(file);
  base::check(!mapped->bytes().starts_with("version https://git-lfs"),
              "{}: is a Git LFS pointer (the weights themselves were not fetched), "
              "run `git lfs pull` in its folder",
              file.string());
  return mapped;
}

at::Tensor mapped_tensor(const Mapped& file, std::string_view bytes, tensor::TensorLayout layout) {
  const size_t element = at::elementSize(layout.type);
  assert(tensor::byte_count(layout.sizes, static_cast<int64_t>(element)) ==
         static_cast<int64_t>(bytes.size()));
  if (bytes.empty()) return at::empty(layout.sizes, layout.type);
  // from_blob wants a mutable pointer; the pages are read only, nobody writes into weights.
  void* data = const_cast<char*>(bytes.data());
  const auto keep = [file](void*) {};
  if (reinterpret_cast<uintptr_t>(data) % element == 0) {
    return at::from_blob(data, layout.sizes, keep, layout.type);
  }
  at::Tensor copy = at::empty(layout.sizes, layout.type);
  std::memcpy(copy.data_ptr(), data, bytes.size());
  return copy;
}

void read_ahead(const at::Tensor& mapped) {
  if (mapped.is_cpu() && mapped.is_contiguous())
    base::read_ahead({static_cast<const char*>(mapped.const_data_ptr()), mapped.nbytes()});
}

}  // namespace lorahub::checkpoint
