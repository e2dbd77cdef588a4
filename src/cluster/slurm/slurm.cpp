#include "cluster/slurm/slurm.hpp"

#include "cluster/slurm/queue.hpp"
#include "cluster/slurm/script.hpp"
#include "cluster/slurm/site_words.hpp"
#include "cluster/slurm/submit.hpp"

namespace lorahub::cluster::slurm {

Scheduler scheduler() {
  return {.word = "slurm",
          .name = "Slurm",
          .submit_command = "sbatch",
          .native_launcher = std::string(kSrunWithPmix),
          .default_launcher = default_launcher,
          .seconds = seconds,
          .check_options = check_options,
          .render = scripts,
          .submit = submit,
          .queue = queue,
          .cancel_command = [](const std::string& id) { return "scancel " + id; },
          .is_job_id = is_job_id};
}

}  // namespace lorahub::cluster::slurm
