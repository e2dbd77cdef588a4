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
  const char* rank_on_node;
  bool of_mpi = false;  // MPI_Init reads it
};

constexpr Launcher kOpenMpi{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                            "OMPI_COMM_WORLD_LOCAL_RANK", true};
constexpr std::array kLaunchers{
    kOpenMpi,
    Launcher{"PMIX_RANK", nullptr, nullptr, true},
    Launcher{"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", true},              // MPICH, Intel MPI
    Launcher{nullptr, "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_LOCAL_RANK"},  // MVAPICH
    Launcher{nullptr, "PALS_SIZE", "PALS_LOCAL_RANKID"},                    // Cray
    Launcher{nullptr, "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_LOCAL_RANK"},    // IBM
    Launcher{nullptr, "FLUX_JOB_SIZE", "FLUX_TASK_LOCAL_ID"},               // Flux
    Launcher{nullptr, "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"}};            // Slurm

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

std::optional<int> launched_rank_on_node() {
  for (const Launcher& launcher : kLaunchers)
    if (const char* const rank = value_of(launcher.rank_on_node)) return std::atoi(rank);
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
  constexpr std::string_view kStarts[] = {"OMPI_",
                                          "PMIX_",
                                          "PMI_",
                                          "MPI_LOCALRANKID",
                                          "PRTE_",
                                          "ORTE_",
                                          "MV2_COMM_WORLD_",
                                          "PALS_",
                                          "JSM_",
                                          "FLUX_JOB_SIZE",
                                          "FLUX_TASK_LOCAL_ID",
                                          "SLURM_STEP_",
                                          "SLURM_PROCID",
                                          "SLURM_LOCALID"};
  return std::ranges::any_of(kStarts,
                             [&](std::string_view start) { return variable.starts_with(start); });
}

}  // namespace lorahub::base
