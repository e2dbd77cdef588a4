#include "cluster/slurm/script.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cluster/slurm/site_words.hpp"

namespace lorahub::cluster::slurm {
namespace {

// The parts that are the same for every job; each reads the variables that stand before it.
constexpr std::string_view kWrapper =
#include "slurm/wrapper.sh.inc"
    ;
constexpr std::string_view kReport =
#include "slurm/report.sh.inc"
    ;

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

// Checks all texts of the job but the site's preamble, which consists of shell commands.
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
  std::vector<std::string> quoted;
  for (const std::string& word : list) quoted.push_back(base::shell_word(word));
  return base::join(quoted, " ");
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
    if (!list.empty()) line(words(list));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

bool by_srun(const BatchJob& job) { return job.launcher.starts_with("srun"); }

// Whether the user or the site asks sbatch for one of these themselves.
bool is_asked(const BatchJob& job, std::initializer_list<std::string_view> options) {
  const auto is_one = [&](const std::string& word) {
    return std::ranges::any_of(options, [&](std::string_view option) {
      const bool is_long = option.starts_with("--");
      return word == option || word.starts_with(std::string(option) + "=") ||
             (!is_long && word.starts_with(option));
    });
  };
  return std::ranges::any_of(job.pass, is_one) ||
         std::ranges::any_of(job.site.defaults.options, is_one);
}

// Whether they ask for GPUs in Slurm's own words, of a certain kind, say.
bool asks_for_gpus(const BatchJob& job) {
  const std::string text =
      base::join(job.pass, " ") + " " + base::join(job.site.defaults.options, " ");
  return text.find("--gres=gpu") != std::string::npos ||
         text.find("--gres gpu") != std::string::npos ||
         is_asked(job, {"--gpus", "-G", "--gpus-per-node", "--gpus-per-task", "--gpus-per-socket"});
}

// Asks for a GPU for each rank, and srun shows each rank its own alone. The daemons of mpirun are
// tasks of srun, one on each node, and would see one GPU for all their ranks; so they must see all
// GPUs of the node.
void add_gpus(const BatchJob& job, Directives& directives) {
  const JobRequest& request = job.request;
  if (request.gpus == 0 || asks_for_gpus(job)) return;
  if (by_srun(job) && request.gpus == request.ranks)
    directives.add("--gpus-per-task", 1);
  else if (request.nodes > 0 && request.gpus % request.nodes == 0)
    directives.add("--gpus-per-node", request.gpus / request.nodes);
  else
    directives.add("--gpus", request.gpus);
}

constexpr double kMarginOfMemory = 1.25, kProgramMegabytes = 512;  // of a rank, besides its data

int megabytes(double bytes, int ranks) {
  return static_cast<int>(std::ceil(kMarginOfMemory * bytes / 1e6 + kProgramMegabytes * ranks));
}

// Memory of a node where it is known how many ranks it has, else of each core.
void add_memory(const BatchJob& job, Directives& directives) {
  const auto& [threads, shared, own, seconds] = job.need;
  const JobRequest& request = job.request;
  if (shared + own <= 0 || is_asked(job, {"--mem", "--mem-per-cpu", "--mem-per-gpu"})) return;
  const int nodes = request.nodes > 0 ? request.nodes : request.ranks == 1 ? 1 : 0;
  const int on_a_node = nodes > 0 ? (request.ranks + nodes - 1) / nodes : 0;
  if (on_a_node > 0)
    directives.line(base::format("--mem={}M", megabytes(shared + on_a_node * own, on_a_node)));
  else
    directives.line(
        base::format("--mem-per-cpu={}M", megabytes(shared + own, 1) / std::max(1, threads) + 1));
}

// The user's limit, or twice what is planned: at least ten minutes, and at most a day, since a job
// goes back into the queue before its limit.
std::string time_limit(const BatchJob& job) {
  if (!job.request.time.empty()) return job.request.time;
  if (job.need.seconds <= 0 || is_asked(job, {"--time", "-t"})) return "";
  const double minutes = std::clamp(2 * job.need.seconds / 60, 10.0, 1440.0);
  const int whole = static_cast<int>(std::ceil(minutes / 5)) * 5;
  return base::format("{:02}:{:02}:00", whole / 60, whole % 60);
}

// Seconds before the limit at which the ranks are warned, but at least three quarters of the time
// pass first.
int warning(const BatchJob& job) {
  const std::string time = time_limit(job);
  if (time.empty()) return job.site.warning;
  return std::min(job.site.warning, std::max(1, seconds(time, "--time") / 4));
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

// The variables of a part, between a line that says what they are and one that ends them.
std::string filled_in(const std::string& variables, const std::string& part) {
  return base::format(
      "\n# What `lorahub submit` fills in.\n{}\n# The same for every job: slurm/{}.\n", variables,
      part);
}

// Defines a bash array. `text` are its words, quoted for the shell.
std::string array(const std::string& name, const std::string& text) {
  return base::format("{}=({})\n", name, text);
}

std::vector<std::string> run_arguments(const BatchJob& job) {
  std::vector<std::string> list = job.plan;
  list.insert(list.end(), {"--out", job.out.string()});
  list.insert(list.end(), job.options.begin(), job.options.end());
  return list;
}

std::string study_variables(const BatchJob& job) {
  return base::format(
             "restarts={}  # of the ranks in this job, should one die\n"
             "requeues={}  # of this job: before its time limit, or when restarts do not help\n"
             "warning={}  # seconds before the time limit\n"
             "shards={}  # of the trials, one a task of the array; 0: no array\n",
             job.site.restarts, job.site.requeues, warning(job), job.request.array) +
         array("launcher", job.launcher) + array("program", job.program) +
         array("arguments", words(run_arguments(job)));
}

std::string report_variables(const BatchJob& job) {
  const std::filesystem::path report = job.out / (job.study + ".md");
  return array("program", job.program) + array("plan", words(job.plan)) +
         base::format("out={}\nreport={}\n", base::shell_word(job.out.string()),
                      base::shell_word(report.string()));
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
  if (!is_asked(job, {"--cpus-per-task", "-c", "--cpus-per-gpu"}))
    directives.add("--cpus-per-task", job.need.threads);
  add_memory(job, directives);
  add_gpus(job, directives);
  directives.add("--time", time_limit(job));
  add_place(job, directives);
  directives.line(job.pass);
  return head(job, study_file(job.out), directives) + environment(job) +
         filled_in(study_variables(job), "wrapper.sh") + std::string(kWrapper);
}

std::string report_script(const BatchJob& job) {
  check_lines(job);
  Directives directives;
  directives.add("--job-name", job.study + "-report");
  directives.line("--output=" + base::shell_word(log_pattern(job.out, "%j-report.out")));
  directives.line("--ntasks=1");
  directives.line("--time=00:30:00");
  add_place(job, directives);
  return head(job, report_file(job.out), directives) + environment(job) +
         filled_in(report_variables(job), "report.sh") + std::string(kReport);
}

JobScripts scripts(const BatchJob& job) {
  return {.study = {.file = study_file(job.out), .text = study_script(job)},
          .report = {.file = report_file(job.out), .text = report_script(job)}};
}

}  // namespace lorahub::cluster::slurm
