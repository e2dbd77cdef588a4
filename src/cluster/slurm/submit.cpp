#include "cluster/slurm/submit.hpp"

#include "base/check.hpp"
#include "base/process.hpp"
#include "cluster/slurm/complaint.hpp"

namespace lorahub::cluster::slurm {

bool is_job_id(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string submit(const std::filesystem::path& script, const std::string& after) {
  std::vector<std::string> words{"sbatch", "--parsable"};
  if (!after.empty()) words.push_back("--dependency=afterany:" + after);
  words.push_back(script.string());
  const auto answer = base::run_program(words);
  base::check(answer.has_value(),
              "there is no sbatch on this machine (the job can't be submitted from here), log in "
              "where Slurm is, or print the script with --dry-run");
  base::check(answer->code == 0,
              "sbatch refused {} ({}), mend the request; options for sbatch go after --",
              script.string(), complaint(*answer));
  std::string id = base::strip(answer->out.substr(0, answer->out.find_first_of(";\n")));
  base::check(is_job_id(id),
              "sbatch answered '{}' for {} (a job id was expected, so it is not known which job "
              "was submitted), see squeue --me",
              base::strip(answer->out), script.string());
  return id;
}

}  // namespace lorahub::cluster::slurm
