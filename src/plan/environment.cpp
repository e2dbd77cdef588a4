#include "plan/environment.hpp"

#include <cstdlib>

#include "store/provenance.hpp"
#include "tensor/libtorch_version.hpp"
#include "workers/mpi_version.hpp"

namespace lorahub::plan {
namespace {

// Variables that a user sets so that unlike processors compute the same bits.
constexpr const char* kPins[] = {"ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS",
                                 "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"};

}  // namespace

std::map<std::string, std::string> environment() {
  auto values = store::environment();
  values["libtorch"] = tensor::libtorch_version();
  values["mpi"] = workers::mpi_version();
  values["cpu_capability"] = tensor::processor_features();
  for (const char* name : kPins)
    if (const char* value = std::getenv(name)) values[name] = value;
  return values;
}

workers::Identity identity(const std::string& command) {
  const auto all = environment();
  workers::Identity identity{{"command", command}};
  for (const char* name : {"version", "commit", "compiler", "libtorch", "cpu_capability"})
    identity[name] = all.at(name);
  for (const char* name : kPins) identity[name] = all.contains(name) ? all.at(name) : "not set";
  return identity;
}

}  // namespace lorahub::plan
