// Slurm's own commands as child processes: sbatch, squeue, scontrol, sacct, srun. Their text
// formats, not JSON, whose layout changes between releases.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::cluster {

// One job, or one task of an array, as Slurm tells it now.
struct State {
  std::string id;      // "41" or "41_2"
  std::string state;   // RUNNING, PENDING, COMPLETED, TIMEOUT, ...
  std::string reason;  // why it is pending; "" otherwise
  std::string left;    // to the time limit, while running: D-HH:MM:SS
  std::string nodes;   // "" before it runs
  std::string exit;    // "code:signal", when it has ended and Slurm still knows
  int requeues = 0;
};
bool is_active(const State& state);  // in the queue or running

// What is to be done about a reason for which no waiting helps; "" when waiting does.
std::string advice(const State& state);

// Submits a batch script: its job id. Error when there is no sbatch, or it refuses.
std::string submit(const std::filesystem::path& script, const std::vector<std::string>& options);

// The states of these jobs (ids of jobs or arrays), sorted: from squeue, restarts and exit codes
// from scontrol, jobs that these have forgotten from sacct where it answers. `problem`: why nothing
// is known (no squeue on this machine, no answer).
struct Queue {
  std::vector<State> states;
  std::string problem;
};
Queue queue(const std::vector<std::string>& ids);

// The command that starts ranks here: srun where it offers PMIx, else mpirun.
std::string launcher();

// The parsers, for answers of `squeue -o` and `sacct -o` with kQueueFormat's and kAccountFormat's
// columns and of `scontrol show -o job`.
inline constexpr std::string_view kQueueFormat = "%i|%T|%r|%L|%N";
inline constexpr std::string_view kAccountFormat = "JobID,State,ExitCode,NodeList";
std::vector<State> parse_queue(std::string_view text);
std::vector<State> parse_accounts(std::string_view text);  // one line a life: the last one counts
std::vector<State> parse_details(std::string_view text);   // requeues and exit codes too

}  // namespace lorahub::cluster
