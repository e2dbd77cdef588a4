// The MPI library that carries the messages.
#pragma once
#include <string>

namespace lorahub::workers {

std::string mpi_version();  // "Open MPI v4.1.4"

}  // namespace lorahub::workers
