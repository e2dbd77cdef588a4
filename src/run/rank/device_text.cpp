#include "run/rank/device_text.hpp"

#include "base/text.hpp"
#include "plan/environment.hpp"
#include "tensor/cuda/gpu.hpp"

namespace lorahub::run {

std::string device_text(const objective::Hardware& hardware) {
  if (hardware.device == base::Device::cuda) return "cuda " + tensor::gpu_address();
  const auto known = plan::environment();
  std::string text = "cpu, " + known.at("cpu_capability") + ", " + known.at("cpu");
  for (const char* setting : {"MKL_CBWR", "ATEN_CPU_CAPABILITY"})
    if (known.contains(setting)) text += base::format(", {}={}", setting, known.at(setting));
  return text;
}

}  // namespace lorahub::run
