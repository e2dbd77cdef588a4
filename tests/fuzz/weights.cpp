// Tensors: read, then every value of those that a machine can hold is used.
#include "checkpoint/weights.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <cstring>

#include "base/crc32.hpp"
#include "checkpoint/gguf_weights.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

constexpr int64_t kMost = 1 << 20;  // values: a view may repeat one of them without end

void use(const checkpoint::Tensors& tensors) {
  volatile double sum = 0;
  for (const auto& [name, tensor] : tensors)
    if (tensor.numel() <= kMost) sum = sum + tensor.to(at::kDouble).sum().item<double>();
}

template <class T>
T number(const std::string& bytes, size_t at) {
  T value{};
  if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// Checksums that fit, so that the fuzzer gets past them. Places: APPNOTE.TXT, 4.3.12.
std::string with_checksums(std::string bytes) {
  for (size_t at = bytes.find("PK\1\2"); at != std::string::npos && at + 46 <= bytes.size();
       at = bytes.find("PK\1\2", at + 4)) {
    const size_t local = number<uint32_t>(bytes, at + 42), size = number<uint32_t>(bytes, at + 24);
    const size_t data =
        local + 30 + number<uint16_t>(bytes, local + 26) + number<uint16_t>(bytes, local + 28);
    if (data > bytes.size() || size > bytes.size() - data) continue;
    const uint32_t crc = base::crc32(std::string_view(bytes).substr(data, size));
    std::memcpy(bytes.data() + at + 16, &crc, sizeof crc);
  }
  return bytes;
}

}  // namespace

void safetensors(const std::string& bytes) {
  const auto file = scratch() / "model.safetensors";
  put(file, bytes);
  use(checkpoint::read_safetensors(file));
}

void pytorch_bin(const std::string& bytes) {
  const auto file = scratch() / "pytorch_model.bin";
  put(file, with_checksums(bytes));
  use(checkpoint::read_pytorch_bin(file));
}

void gguf(const std::string& bytes) {
  const auto file = scratch() / "model.gguf";
  put(file, bytes);
  use(checkpoint::read_gguf_weights(file));
}

}  // namespace lorahub::fuzz
