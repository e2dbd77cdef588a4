#include "run/results_folder.hpp"

#include "run/lead/preflight.hpp"
#include "run/run_study.hpp"

namespace lorahub::run {

void check_results_folder(const std::filesystem::path& out, const study::Study& study,
                          const std::string& shard) {
  const std::vector<store::PlannedTrial> all = planned(study);
  check_folder(
      {.out = out, .study = study.name, .shard = shard, .planned = all, .trials = study.trials},
      store::read_journals(out), {});
}

}  // namespace lorahub::run
