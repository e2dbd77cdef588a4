// How to submit on a cluster, from configs/cluster/<name>.yaml, and what a submission asks for.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::cluster {

// What one job asks of the batch system; in an array, each of its jobs. 0 and "" mean that nothing
// is asked.
struct JobRequest {
  int nodes = 0, ranks = 0, gpus = 0;  // in all, not per node
  std::string time;                    // as the batch system writes it
  std::string partition, account;
  int array = 0;                     // shards; 0: one job, no array
  std::vector<std::string> options;  // words for the batch system, as they are
};

struct Site {
  std::string scheduler;              // its word; "": the first of schedulers()
  std::vector<std::string> preamble;  // shell lines before the program starts
  std::string launcher = "auto";      // or a command: srun --mpi=pmix, mpirun --bind-to none
  std::string program;                // shell words that start lorahub; "": this program
  JobRequest defaults;                // its options go to every job, the report's too
  int restarts = 3;                   // of the ranks, inside a job
  int requeues = 20;                  // of a job
  int warning = 120;                  // seconds before the time limit at which the ranks are told
};

// The site `name` of configs/cluster, looked for as studies look for their pieces. Error with file
// and line for whatever is wrong. For the name "", a site without settings.
Site read_site(const std::string& name, const std::filesystem::path& study_folder);

// What was asked, completed by the site's defaults. Without a number of ranks there is one for each
// GPU, else one for each node, else one.
JobRequest resolved(const JobRequest& asked, const Site& site);

}  // namespace lorahub::cluster
