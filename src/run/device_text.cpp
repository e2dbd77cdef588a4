#include "run/device_text.hpp"

#include "base/text.hpp"
#include "run/environment.hpp"
#include "t5/gpu.hpp"

namespace lorahub::run {

std::string device_text(const Hardware& hardware) {
  if (hardware.device == t5::Device::cuda) return "cuda " + t5::gpu_address();
  const auto known = environment();
  std::string text = "cpu, " + known.at("cpu_capability") + ", " + known.at("cpu");
  for (const char* setting : {"MKL_CBWR", "ATEN_CPU_CAPABILITY"})
    if (known.contains(setting)) text += base::format(", {}={}", setting, known.at(setting));
  return text;
}

}  // namespace lorahub::run
