// The batch scripts of a study for sbatch, as text: the same job gives the same bytes.
#pragma once
#include <string>

#include "cluster/scheduler.hpp"

namespace lorahub::cluster::slurm {

// Does what Scheduler::render promises. The files are slurm/run.sbatch and slurm/report.sbatch
// below the results folder.
JobScripts scripts(const BatchJob& job);

std::string study_script(const BatchJob& job);
std::string report_script(const BatchJob& job);

}  // namespace lorahub::cluster::slurm
