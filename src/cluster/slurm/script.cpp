#include "cluster/slurm/script.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cluster/slurm/site.hpp"

namespace lorahub::cluster::slurm {
namespace {

// A rank's death on another node is not srun's business unless it is told: 30 s after the first
// rank has ended, the others are ended too. (--kill-on-bad-exit would kill ranks that are just
// ending with 1 or 75, and turn the code into 137.)
constexpr std::string_view kSrunOptions = " --kill-on-bad-exit=0 --wait=30 $where";

// Without it a cut network shows after 8 minutes.
constexpr std::string_view kMpirun =
    R"(export OMPI_MCA_oob_tcp_keepalive_time=10 OMPI_MCA_oob_tcp_keepalive_intvl=5 OMPI_MCA_oob_tcp_keepalive_probes=3
place() { return 1; } # mpirun starts its daemons on all nodes of the job
)";

// srun's own failures, told from exit codes of the program (1: some trial failed); and since Slurm
// 22.05 srun does not ask for sbatch's --cpus-per-task by itself.
constexpr std::string_view kSrun = R"(export SLURM_EXIT_ERROR=200
[ -z "${SLURM_CPUS_PER_TASK:-}" ] || export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
place() { where="--nodes=$1 --ntasks=$2 --nodelist=$3"; }
)";

// Slurm ends the ranks of a job a moment before its script, so a failure waits for the signal.
// mpirun that was itself told to end says 1, so after a warning 1 is no news. Of an array,
// $SLURM_JOB_ID is one task or the whole array; "41_2" is always one task.
constexpr std::string_view kWrapper = R"sh(
# `lorahub run` ends with 0: all done, 1: some trial failed, 2: bad input (or, on a restart, a disk
# that is not there yet), 75: interrupted, or another run holds the journal; other codes: a rank died.
job=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
life=${SLURM_RESTART_COUNT:-0}
launcher='' warned='' cancelled='' where=''
say() { echo "[$(date -u +%FT%TZ) $(hostname -s)] job $job, life $life: $*"; }
hand() { [ -z "$launcher" ] || kill "-$1" "$launcher" 2>/dev/null; }
pause() { sleep "$1" & wait $!; } # until a signal at most
is_running() { scontrol show -o job "$job" 2>/dev/null | grep -q 'JobState=RUNNING'; }
on_warning() {
  warned=1
  say "warned: asking the ranks to end"
  hand USR1
  { sleep $((warning / 2)); hand KILL; } & # ranks that do not listen must not cost the requeue
  guard=$!
}
on_end() { # scancel and pre-emption say TERM; a job to be pre-empted is still RUNNING
  if is_running; then on_warning; return; fi
  cancelled=1
  say "asked to end"
  hand TERM
}
trap on_warning USR1
trap on_end TERM
ranks() { # all of them, to their end; the exit code in $code
  run_study & launcher=$!
  [ -z "$warned" ] || hand USR1
  until wait "$launcher"; ! kill -0 "$launcher" 2>/dev/null; do :; done # a signal ends a wait
  wait "$launcher"; code=$?
  launcher=''
  [ -z "${guard:-}" ] || kill "$guard" 2>/dev/null
}
answering() { # the job's nodes that start a task within seconds
  for node in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
    { timeout -k 1 15 srun --overlap -Q -N1 -n1 -w "$node" true </dev/null >/dev/null 2>&1 && echo "$node"; } &
  done
  wait
}
look() { # a node that does not answer is left out from now on, and as many ranks; 1: it can't be
  [ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] || return 0
  local alive count
  alive=$(answering | sort | paste -sd,)
  count=$(echo "$alive" | tr , '\n' | grep -c .)
  [ "$count" -lt "$SLURM_JOB_NUM_NODES" ] || return 0
  say "$count of $SLURM_JOB_NUM_NODES nodes answer (${alive:-none})"
  [ "$count" -gt 0 ] || return 1
  local ranks=$((${SLURM_NTASKS:-$SLURM_JOB_NUM_NODES} * count / SLURM_JOB_NUM_NODES))
  place "$count" "$((ranks > count ? ranks : count))" "$alive"
}

say "on $SLURM_JOB_NODELIST"
code=75
for ((try = 0; ; ++try)); do
  [ -z "$warned$cancelled" ] || break
  ranks
  [ "$code" != 0 ] || { say "every trial is done"; exit 0; }
  [ -n "$warned$cancelled" ] || pause 2
  [ -z "$cancelled" ] || { say "cancelled; what is done is kept"; exit 143; }
  [ "$code" != 1 ] || [ -n "$warned" ] || { say "some trial failed, the others are kept"; exit 1; }
  [ "$code $try $life" != "2 0 0" ] || { say "bad input, see above"; exit 2; }
  [ -z "$warned" ] && [ "$try" -lt "$restarts" ] && look || break
  say "the ranks ended with $code, starting them again (restart $((try + 1)) of $restarts)"
  pause $((2 * try))
done
[ -z "$cancelled" ] || { say "cancelled; what is done is kept"; exit 143; }
if [ "$code" = 2 ] || [ "$life" -ge "$requeues" ]; then
  say "the ranks ended with $code, after $life requeues: giving up; what is done is kept"
  exit "$code"
fi
say "the ranks ended with $code: back into the queue (requeue $((life + 1)) of $requeues)"
trap 'exit 0' TERM # it ends this script
scontrol requeue "$job" && { sleep 60 & wait $!; }
say "still here after the requeue: giving up; what is done is kept"
exit 75
)sh";

// A line break would end a directive, and what follows it would be a command.
void check_line(const char* what, const std::string& text) {
  base::check(base::is_printable_line(text),
              "{} '{}' holds a line break or another sign that can't be shown (in a job script it "
              "could become a command), choose another",
              what, base::printable_line(text));
}

void check_lines(const char* what, const std::vector<std::string>& list) {
  for (const std::string& text : list) check_line(what, text);
}

// All but the site's preamble, which is shell commands.
void check_lines(const BatchJob& job) {
  check_line("the study's name", job.study);
  check_lines("the folder", {job.folder.string(), job.out.string()});
  check_lines("the option", job.plan);
  check_lines("the option", job.options);
  check_lines("the option for sbatch", job.pass);
  check_lines("the site's option", job.site.defaults.options);
  check_lines("the site's program or launcher", {job.program, job.launcher});
  check_lines("the request", {job.request.time, job.request.partition, job.request.account});
  for (const auto& [name, value] : job.environment) check_line(name.c_str(), value);
}

std::filesystem::path study_file(const std::filesystem::path& out) {
  return out / "slurm" / "run.sbatch";
}

std::filesystem::path report_file(const std::filesystem::path& out) {
  return out / "slurm" / "report.sbatch";
}

std::string words(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += " " + base::shell_word(word);
  return text;
}

// sbatch replaces %j and the like in file names.
std::string log_pattern(const std::filesystem::path& out, const std::string& name) {
  std::string text;
  for (const char c : (out / "slurm").string()) text += c == '%' ? "%%" : std::string(1, c);
  return text + "/" + name;
}

class Directives {
 public:
  void add(const std::string& option, const std::string& value) {
    if (!value.empty()) line(option + "=" + base::shell_word(value));
  }
  void add(const std::string& option, int value) {
    if (value > 0) line(base::format("{}={}", option, value));
  }
  void line(const std::string& text) { text_ += "#SBATCH " + text + "\n"; }
  void line(const std::vector<std::string>& list) {
    if (!list.empty()) line(words(list).substr(1));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

bool by_srun(const BatchJob& job) { return job.launcher.starts_with("srun"); }

// A GPU for each rank: srun shows it that one alone. mpirun's daemons are tasks of srun themselves,
// one a node, and would be given one GPU for all their ranks: they are to see the node's.
void add_gpus(const BatchJob& job, Directives& directives) {
  const JobRequest& request = job.request;
  if (request.gpus == 0) return;
  if (by_srun(job) && request.gpus == request.ranks)
    directives.add("--gpus-per-task", 1);
  else if (request.nodes > 0 && request.gpus % request.nodes == 0)
    directives.add("--gpus-per-node", request.gpus / request.nodes);
  else
    directives.add("--gpus", request.gpus);
}

// Before the limit, but after at least three quarters of the time.
int warning(const BatchJob& job) {
  if (job.request.time.empty()) return job.site.warning;
  return std::min(job.site.warning, std::max(1, seconds(job.request.time, "--time") / 4));
}

void add_place(const BatchJob& job, Directives& directives) {
  directives.add("--chdir", job.folder.string());
  directives.add("--partition", job.request.partition);
  directives.add("--account", job.request.account);
  directives.line(job.site.defaults.options);
}

std::string head(const BatchJob& job, const std::filesystem::path& file,
                 const Directives& directives) {
  return base::format(
             "#!/bin/bash\n# Written by: {}\n# To submit it again by hand, in {}: sbatch {}\n",
             base::printable_line(job.command_line), base::shell_word(job.folder.string()),
             base::shell_word(file.string())) +
         directives.text();
}

std::string environment(const BatchJob& job) {
  std::string text;
  for (const std::string& line : job.site.preamble) text += line + "\n";
  for (const auto& [name, value] : job.environment)
    text += base::format("export {}={}\n", name, base::shell_word(value));
  return text + "set +e +o pipefail -u # a site's own lines above may read what is not set\n";
}

std::string numbers(const BatchJob& job) {
  return base::format(
      "restarts={}  # of the ranks in this job, should one die\n"
      "requeues={}  # of this job: before its time limit, or when restarts do not help\n"
      "warning={}  # seconds before the time limit\n",
      job.site.restarts, job.site.requeues, warning(job));
}

std::string run_study(const BatchJob& job) {
  const std::string shard =
      job.request.array > 0
          ? base::format(" --shard \"$SLURM_ARRAY_TASK_ID/{}\"", job.request.array)
          : "";
  return base::format("run_study() {{\n  exec {}{} {} run{} --out {}{}{}\n}}\n", job.launcher,
                      by_srun(job) ? kSrunOptions : "", job.program, words(job.plan),
                      base::shell_word(job.out.string()), words(job.options), shard);
}

}  // namespace

std::string study_script(const BatchJob& job) {
  check_lines(job);
  const JobRequest& request = job.request;
  Directives directives;
  directives.add("--job-name", job.study);
  directives.line("--output=" + base::shell_word(log_pattern(
                                    job.out, request.array > 0 ? "%A_%a.out" : "%j.out")));
  directives.line("--open-mode=append");
  directives.line("--requeue");
  directives.line(base::format("--signal=B:USR1@{}", warning(job)));
  if (request.array > 0) directives.line(base::format("--array=1-{}", request.array));
  directives.add("--nodes", request.nodes);
  directives.add("--ntasks", request.ranks);
  add_gpus(job, directives);
  directives.add("--time", request.time);
  add_place(job, directives);
  directives.line(job.pass);
  return head(job, study_file(job.out), directives) + environment(job) +
         std::string(by_srun(job) ? kSrun : kMpirun) + numbers(job) + run_study(job) +
         std::string(kWrapper);
}

std::string report_script(const BatchJob& job) {
  check_lines(job);
  Directives directives;
  directives.add("--job-name", job.study + "-report");
  directives.line("--output=" + base::shell_word(log_pattern(job.out, "%j-report.out")));
  directives.line("--ntasks=1");
  directives.line("--time=00:30:00");
  add_place(job, directives);
  const std::string out = base::shell_word(job.out.string());
  const std::string report = base::shell_word((job.out / (job.study + ".md")).string());
  return head(job, report_file(job.out), directives) + environment(job) +
         base::format(
             "{0} merge{1} --out {2}\ncode=$? # 1: something is missing\n"
             "{0} report {2} --out {3} || {0} report {2} || code=$?\n"
             "exit \"$code\"\n",
             job.program, words(job.plan), out, report);
}

JobScripts scripts(const BatchJob& job) {
  return {.study = {.file = study_file(job.out), .text = study_script(job)},
          .report = {.file = report_file(job.out), .text = report_script(job)}};
}

}  // namespace lorahub::cluster::slurm
