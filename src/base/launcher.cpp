#include "base/launcher.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace lorahub::base {
namespace {

// The variables of a launcher; null where it has none.
struct Launcher {
  const char* rank;
  const char* size;
  bool of_mpi = false;  // MPI_Init reads it
};

constexpr Launcher kOpenMpi{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", true};
constexpr std::array kLaunchers{kOpenMpi,
                                Launcher{"PMIX_RANK", nullptr, true},
                                Launcher{"PMI_RANK", "PMI_SIZE", true},      // MPICH, Intel MPI
                                Launcher{nullptr, "MV2_COMM_WORLD_SIZE"},    // MVAPICH
                                Launcher{nullptr, "PALS_SIZE"},              // Cray
                                Launcher{nullptr, "JSM_NAMESPACE_SIZE"},     // IBM
                                Launcher{nullptr, "FLUX_JOB_SIZE"},          // Flux
                                Launcher{nullptr, "SLURM_STEP_NUM_TASKS"}};  // Slurm

const char* value_of(const char* variable) {
  return variable == nullptr ? nullptr : std::getenv(variable);
}

bool has_started_this(const Launcher& launcher) {
  return value_of(launcher.rank) != nullptr || value_of(launcher.size) != nullptr;
}

}  // namespace

bool is_launched_by_mpi() {
  return std::ranges::any_of(kLaunchers, [](const Launcher& launcher) {
    return launcher.of_mpi && has_started_this(launcher);
  });
}

bool is_launched_by_open_mpi() { return has_started_this(kOpenMpi); }

std::optional<int> launched_rank() {
  for (const Launcher& launcher : kLaunchers)
    if (const char* const rank = value_of(launcher.rank)) return std::atoi(rank);
  return {};
}

LaunchedCopies launched_copies() {
  for (const Launcher& launcher : kLaunchers)
    if (const char* const size = value_of(launcher.size))
      return {.count = std::atoi(size), .said_by = format("{}={}", launcher.size, size)};
  return {};
}

bool is_of_launcher(std::string_view variable) {
  if (variable.starts_with("OMPI_MCA_") || variable.starts_with("OMPI_ALLOW_")) return false;
  constexpr std::array<std::string_view, 12> kStarts{
      "OMPI_", "PMIX_", "PMI_",          "PRTE_",       "ORTE_",        "MV2_COMM_WORLD_",
      "PALS_", "JSM_",  "FLUX_JOB_SIZE", "SLURM_STEP_", "SLURM_PROCID", "SLURM_LOCALID"};
  return std::ranges::any_of(kStarts,
                             [&](std::string_view start) { return variable.starts_with(start); });
}

}  // namespace lorahub::base
