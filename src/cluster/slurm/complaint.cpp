#include "cluster/slurm/complaint.hpp"

#include "base/text.hpp"

namespace lorahub::cluster::slurm {

std::string complaint(const base::ProcessOutput& output) {
  std::vector<std::string> kept;
  for (const std::string& line : base::split(output.err.empty() ? output.out : output.err, '\n')) {
    std::string text = base::strip(line);
    for (const std::string_view prefix : {"sbatch: ", "squeue: ", "scontrol: ", "error: "})
      if (text.starts_with(prefix)) text.erase(0, prefix.size());
    if (!text.empty()) kept.push_back(text);
  }
  return kept.empty() ? base::format("it ended with {}", output.code) : base::join(kept, "; ");
}

}  // namespace lorahub::cluster::slurm
