#include "tensor/shared_tensor.hpp"

#include <ATen/ATen.h>

#include "base/node_memory.hpp"

namespace lorahub::tensor {

std::optional<int64_t> byte_count(at::IntArrayRef sizes, int64_t element_size) {
  if (sizes.size() > 64) return std::nullopt;
  int64_t bytes = element_size;
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size < 0) return std::nullopt;
    if (size == 0)
      empty = true;
    else if (__builtin_mul_overflow(bytes, size, &bytes))
      return std::nullopt;
  }
  return empty ? 0 : bytes;
}

at::Tensor shared_tensor(const std::string& key, TensorLayout layout,
                         const std::function<void(const at::Tensor&)>& fill) {
  const auto bytes =
      byte_count(layout.sizes, static_cast<int64_t>(at::elementSize(layout.type))).value();
  if (key.empty() || bytes == 0) {
    at::Tensor own = at::empty(layout.sizes, layout.type);
    fill(own);
    return own;
  }
  const auto memory = base::NodeMemory::get(key, static_cast<size_t>(bytes), [&](char* data) {
    fill(at::from_blob(data, layout.sizes, layout.type));
  });
  // from_blob wants a mutable pointer; the pages are read only, nobody writes into weights.
  return at::from_blob(
      const_cast<char*>(memory->data()), layout.sizes, [memory](void*) {}, layout.type);
}

}  // namespace lorahub::tensor
