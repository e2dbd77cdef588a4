// One job that the service was asked for: an adaptation, answers to prompts, or a probe.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace lorahub::serve {

// By the words of cog's and Replicate's predictions.
enum class JobStatus { starting, processing, succeeded, failed, canceled };
std::string name(JobStatus status);
JobStatus job_status(const std::string& name);  // Error for another word
inline bool has_ended(JobStatus status) { return status > JobStatus::processing; }

enum class JobKind { adapt, infer, probe };
inline constexpr JobKind kJobKinds[] = {JobKind::adapt, JobKind::infer, JobKind::probe};
std::string name(JobKind kind);             // "adapt": of the model lorahub/adapt
JobKind job_kind(const std::string& name);  // Error for another word

struct JobProgress {
  int evaluation = 0, of = 0;  // of losses: a search's, or those of modules alone
  double best_loss = 0;
  double seconds = 0;  // of computing since the search began
  double pace = 0;     // seconds of an evaluation, as the last generations took; what a journal
                       // holds takes none
  double left() const { return pace * (of - evaluation); }  // seconds
};

// Whom the service tells about a job.
struct Webhook {
  std::string url = {};                  // "": nobody
  std::vector<std::string> events = {};  // of start, output, logs and completed
  bool is_told = false;                  // that the job has ended
};

struct ServiceJob {
  std::string id;
  uint64_t number = 0;  // in the order in which jobs came
  JobStatus status = JobStatus::starting;
  std::string input;  // a JSON object, as it was taken
  JobKind kind = JobKind::adapt;
  std::string owner = {};   // the name of the token by which it was asked for
  std::string origin = {};  // the address by which Replicate's client asked; "": another client
  Webhook webhook = {};
  // Seconds that the job was expected to take: as corrected by what earlier jobs took, and by the
  // cost model alone.
  double expected = 0, cost = 0;
  std::vector<std::string> warnings = {};  // sentences about what is not read or written whole
  std::string created = {}, started = {}, completed = {};  // UTC; "": not yet
  std::string output = {};                                 // a JSON object; "": none
  std::string error = {};                                  // a sentence; "": none
  std::string command = {};                                // the command line of the same result
  double seconds = 0;                                      // of computing
  uint64_t bytes = 0;                                      // of its folder, once it has ended
  bool cancel_asked = false;
  bool needs_turn = false;  // answers that take too long to be given between two generations
  JobProgress progress = {};
  std::vector<std::pair<int, double>> course = {};  // evaluations and the least loss until then
};

}  // namespace lorahub::serve
