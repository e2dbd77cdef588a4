// One adaptation that the service was asked for.
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

struct JobProgress {
  int evaluation = 0, of = 0;
  double best_loss = 0;
  double seconds = 0;        // since the search began
  int first_evaluation = 0;  // with which it began: what a journal held took no time
};

struct ServiceJob {
  std::string id;
  uint64_t number = 0;  // in the order in which jobs came
  JobStatus status = JobStatus::starting;
  std::string input;                                       // a JSON object, as it was taken
  std::string created = {}, started = {}, completed = {};  // UTC; "": not yet
  std::string output = {};                                 // a JSON object; "": none
  std::string error = {};                                  // a sentence; "": none
  std::string command = {};                                // the command line of the same result
  double seconds = 0;                                      // of computing
  bool cancel_asked = false;
  JobProgress progress = {};
  std::vector<std::pair<int, double>> course = {};  // evaluations and the least loss until then
};

}  // namespace lorahub::serve
