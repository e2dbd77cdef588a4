#include "base/gpus.hpp"

#include <cstdlib>

#include "base/text.hpp"

namespace lorahub::base {
namespace {

constexpr const char* kVariable = "CUDA_VISIBLE_DEVICES";

// A number, or an identifier such as GPU-8932f937 or MIG-8932f937; not -1 or NoDevFiles.
bool is_gpu(const std::string& entry) {
  return !entry.empty() && (entry.find_first_not_of("0123456789") == std::string::npos ||
                            entry.starts_with("GPU-") || entry.starts_with("MIG-"));
}

}  // namespace

std::vector<std::string> visible_gpus(const Path& driver) {
  std::vector<std::string> gpus;
  if (const char* value = std::getenv(kVariable)) {
    for (const std::string& entry : split(value, ',')) {
      if (!is_gpu(strip(entry))) break;
      gpus.push_back(strip(entry));
    }
    return gpus;
  }
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(driver, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error))
    gpus.push_back(std::to_string(gpus.size()));
  return gpus;
}

std::optional<std::string> gpu_of(int rank_on_node, const std::vector<std::string>& visible) {
  if (visible.empty()) return std::nullopt;
  return visible[static_cast<size_t>(rank_on_node) % visible.size()];
}

std::optional<std::string> claim_gpu(int rank_on_node) {
  auto gpu = gpu_of(rank_on_node, visible_gpus());
  if (gpu) ::setenv(kVariable, gpu->c_str(), /*overwrite=*/1);
  return gpu;
}

}  // namespace lorahub::base
