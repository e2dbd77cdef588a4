#include "serve/jobs.hpp"

#include <algorithm>
#include <chrono>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "serve/secrets.hpp"

namespace lorahub::serve {

namespace fs = std::filesystem;

namespace {

constexpr int kIdBytes = 13;  // 26 digits, which cannot be guessed

}  // namespace

Jobs::Jobs(fs::path folder, size_t room) : folder_(std::move(folder)), room_(room) {
  fs::create_directories(folder_);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (!entry.is_directory()) continue;
    std::optional<ServiceJob> job = JobFolder(entry.path()).read();
    if (!job || job->id != entry.path().filename()) continue;
    last_number_ = std::max(last_number_, job->number);
    if (!has_ended(job->status)) {
      job->status = JobStatus::starting;
      queue_.emplace(job->number, job->id);
    }
    jobs_.emplace(job->id, std::move(*job));
  }
}

Jobs::Addition Jobs::add(const NewJob& added) {
  const std::lock_guard lock(mutex_);
  if (const auto found = jobs_.find(added.id); found != jobs_.end()) {
    base::check(found->second.input == added.input,
                "the id {} is in use for another input, choose another one", added.id);
    return {.added = Admission::is_there, .job = found->second};
  }
  if (queue_.size() >= room_) return {.added = Admission::full};
  ServiceJob job{.id = added.id.empty() ? random_hex(kIdBytes) : added.id,
                 .number = ++last_number_,
                 .input = added.input,
                 .created = base::utc_now(),
                 .command = added.command};
  const JobFolder files = folder(job.id);
  base::write_file(files.examples(), added.examples);
  if (!added.test.empty()) base::write_file(files.test(), added.test);
  files.write(job);
  queue_.emplace(job.number, job.id);
  changed_.notify_all();
  return {.added = Admission::waits, .job = jobs_.emplace(job.id, job).first->second};
}

std::optional<ServiceJob> Jobs::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return found->second;
}

std::vector<ServiceJob> Jobs::all() const {
  std::vector<ServiceJob> list;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : jobs_) list.push_back(job);
  }
  std::ranges::sort(list, std::ranges::greater(), &ServiceJob::number);
  return list;
}

std::optional<int> Jobs::place(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  int place = 0;
  for (const auto& [number, waiting] : queue_) {
    ++place;
    if (waiting == id) return place;
  }
  return std::nullopt;
}

size_t Jobs::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

bool Jobs::is_computing() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      jobs_, [](const auto& entry) { return entry.second.status == JobStatus::processing; });
}

bool Jobs::cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  ServiceJob& job = found->second;
  if (job.status == JobStatus::processing) job.cancel_asked = true;
  if (job.status != JobStatus::starting) return true;
  queue_.erase(job.number);
  job.status = JobStatus::canceled;
  job.completed = base::utc_now();
  keep(job);
  return true;
}

std::optional<ServiceJob> Jobs::take(double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                    [this] { return !queue_.empty(); });
  if (queue_.empty()) return std::nullopt;
  ServiceJob& job = jobs_.at(queue_.begin()->second);
  queue_.erase(queue_.begin());
  job.status = JobStatus::processing;
  job.started = base::utc_now();
  keep(job);
  return job;
}

bool Jobs::cancel_asked(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return jobs_.at(id).cancel_asked;
}

void Jobs::progress(const std::string& id, const JobProgress& now) {
  const std::lock_guard lock(mutex_);
  ServiceJob& job = jobs_.at(id);
  const int first = job.course.empty() ? now.evaluation : job.progress.first_evaluation;
  job.progress = now;
  job.progress.first_evaluation = first;
  job.course.emplace_back(now.evaluation, now.best_loss);
}

void Jobs::end(const std::string& id, const End& end) {
  const std::lock_guard lock(mutex_);
  ServiceJob& job = jobs_.at(id);
  job.status = end.status;
  job.output = end.output;
  job.error = end.error;
  job.seconds = end.seconds;
  job.completed = base::utc_now();
  keep(job);
}

void Jobs::wait_again(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ServiceJob& job = jobs_.at(id);
  job.status = JobStatus::starting;
  queue_.emplace(job.number, id);
  keep(job);
}

void Jobs::keep(const ServiceJob& job) const {
  try {
    folder(job.id).write(job);
  } catch (const std::exception& error) {
    fmt::print(stderr, "warning: the state of job {} is not on disk: {}\n", job.id,
               base::printable_line(error.what()));
  }
}

}  // namespace lorahub::serve
