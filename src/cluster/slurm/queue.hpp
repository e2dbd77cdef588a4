// Asks Slurm about jobs, by its commands squeue, scontrol and sacct as child processes. It reads
// their text formats, since the layout of their JSON changes between releases.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cluster/scheduler.hpp"

namespace lorahub::cluster::slurm {

// The states of these jobs (ids of jobs or arrays), sorted. They come from squeue, restarts and
// exit codes from scontrol, and jobs that these have forgotten from sacct, where it answers.
// `problem` says that there is no squeue on this machine, or that it does not answer.
JobQueue queue(const std::vector<std::string>& ids);

// What is to be done about a reason for which no waiting helps; "" when waiting does.
std::string advice(const JobState& state);

// The parsers, for answers of `squeue -o` and `sacct -o` with kQueueFormat's and kAccountFormat's
// columns and of `scontrol show -o job`. They leave JobState::advice empty.
inline constexpr std::string_view kQueueFormat = "%i|%T|%r|%L|%N";
inline constexpr std::string_view kAccountFormat = "JobID,State,ExitCode,NodeList";
std::vector<JobState> parse_queue(std::string_view text);
std::vector<JobState> parse_accounts(
    std::string_view text);                                  // one line a life: the last one counts
std::vector<JobState> parse_details(std::string_view text);  // requeues and exit codes too

}  // namespace lorahub::cluster::slurm
