#include "run/environment.hpp"

#include "store/environment.hpp"
#include "t5/version.hpp"
#include "workers/version.hpp"

namespace lorahub::run {

std::map<std::string, std::string> environment() {
  auto values = store::environment();
  values["libtorch"] = t5::libtorch_version();
  values["mpi"] = workers::mpi_version();
  return values;
}

}  // namespace lorahub::run
