// Checks what sites and users write for Slurm: launchers, time limits, options for sbatch.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::cluster::slurm {

inline constexpr std::string_view kSrunWithPmix = "srun --mpi=pmix";

// The command that starts ranks here: srun where it offers PMIx, else mpirun.
std::string default_launcher();

// Seconds of a time limit as Slurm writes it: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S. Error
// naming `what` otherwise. "infinite": the largest int.
int seconds(const std::string& time, const std::string& what);

// Words for sbatch. Error where the first is no option, or one is an option that the scripts set.
void check_options(const std::vector<std::string>& words);

}  // namespace lorahub::cluster::slurm
