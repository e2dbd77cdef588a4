#include "serve/prediction.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

std::string address(const ServiceJob& job, const std::string& file) {
  return base::format("/predictions/{}/files/{}", job.id, file);
}

ordered_json output(const ServiceJob& job) {
  if (job.output.empty()) return nullptr;
  ordered_json output = ordered_json::parse(job.output);
  if (job.kind != JobKind::adapt) return output;
  output.erase("out");
  ordered_json files;
  for (const std::string& file : result_files()) files[file] = address(job, file);
  output["adapter"] = address(job, kArchive);
  output["files"] = files;
  return output;
}

ordered_json seconds_left(const ServiceJob& job) {
  if (has_ended(job.status) || job.progress.pace <= 0) return nullptr;
  return job.progress.left();
}

ordered_json progress(const ServiceJob& job) {
  if (job.progress.of == 0) return nullptr;
  return {{"evaluation", job.progress.evaluation},
          {"of", job.progress.of},
          {"best_loss", job.progress.best_loss},
          {"eta_seconds", seconds_left(job)}};
}

// A line that Replicate's client reads a share from: " 50%|#####     | 20/40".
std::string logs(const ServiceJob& job) {
  const JobProgress& now = job.progress;
  if (now.of == 0) return "";
  const int percent = 100 * now.evaluation / now.of;
  const std::string bar(static_cast<size_t>(percent / 10), '#');
  return base::format("{:3}%|{:<10}| {}/{}\n", percent, bar, now.evaluation, now.of);
}

}  // namespace

const std::vector<std::string>& result_files() {
  static const std::vector<std::string> files{"adapter_model.safetensors", "adapter_config.json",
                                              "README.md"};
  return files;
}

// A search that waits for its next turn has begun.
std::string shown_status(const ServiceJob& job) {
  const bool is_between = job.status == JobStatus::starting && !job.started.empty();
  return name(is_between ? JobStatus::processing : job.status);
}

std::string prediction(const ServiceJob& job, const Jobs& jobs, ToldCourse course) {
  const std::optional<QueuePlace> place = jobs.place(job.id);
  const ordered_json none;
  ordered_json object{{"id", job.id},
                      {"model", "lorahub/" + name(job.kind)},
                      {"status", shown_status(job)},
                      {"created_at", or_null(job.created)},
                      {"started_at", or_null(job.started)},
                      {"completed_at", or_null(job.completed)},
                      {"input", ordered_json::parse(job.input)},
                      {"output", output(job)},
                      {"error", or_null(job.error)},
                      {"logs", logs(job)},
                      {"metrics", ordered_json::object()},
                      {"queue_position", place ? ordered_json(place->place) : none},
                      {"starts_in_seconds", place ? ordered_json(place->starts_in) : none},
                      {"expected_seconds", job.expected > 0 ? ordered_json(job.expected) : none},
                      {"progress", progress(job)},
                      {"warnings", job.warnings},
                      {"command", job.command}};
  if (has_ended(job.status)) object["metrics"]["predict_time"] = job.seconds;
  if (course == ToldCourse::told) object["course"] = job.course;
  return base::json_text(object);
}

}  // namespace lorahub::serve
