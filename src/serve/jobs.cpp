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

Jobs::Jobs(fs::path folder, const JobLimits& limits) : folder_(std::move(folder)), limits_(limits) {
  fs::create_directories(folder_);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (!entry.is_directory()) continue;
    std::optional<ServiceJob> job = JobFolder(entry.path()).read();
    if (!job || job->id != entry.path().filename()) continue;
    last_number_ = std::max(last_number_, job->number);
    if (!has_ended(job->status)) {
      job->status = JobStatus::starting;
      enqueue(*job);
    }
    jobs_.emplace(job->id, std::move(*job));
  }
}

void Jobs::enqueue(const ServiceJob& job) {
  const bool is_known = job.progress.pace > 0;
  queue_.add({.id = job.id,
              .owner = job.owner,
              .number = job.number,
              .is_short = job.kind != JobKind::adapt,
              .seconds = is_known ? job.progress.left() : job.expected});
  if (job.kind == JobKind::infer && !job.needs_turn) short_.emplace(job.number, job.id);
  places_.reset();
}

void Jobs::dequeue(const ServiceJob& job) {
  queue_.remove(job.id);
  short_.erase(job.number);
  places_.reset();
}

// The answer to a job that is not taken, or is there already.
std::optional<Jobs::Addition> Jobs::refused(const NewJob& added) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = jobs_.find(added.id); found != jobs_.end()) {
    base::check(found->second.input == added.input && found->second.owner == added.owner,
                "the id {} is in use for another input, choose another one", added.id);
    return Addition{.added = Admission::is_there, .job = found->second};
  }
  if (queue_.size() >= limits_.waiting) return Addition{.added = Admission::full};
  if (limits_.waiting_each > 0 && queue_.size_of(added.owner) >= limits_.waiting_each)
    return Addition{.added = Admission::too_many};
  if (limits_.bytes_each > 0 && bytes_of(added.owner) >= limits_.bytes_each)
    return Addition{.added = Admission::too_large};
  return std::nullopt;
}

Jobs::Addition Jobs::add(const NewJob& added) {
  const std::lock_guard writing(writing_);
  if (std::optional<Addition> refusal = refused(added)) return *refusal;
  ServiceJob job{.id = added.id.empty() ? random_hex(kIdBytes) : added.id,
                 .number = last_number_ + 1,
                 .input = added.input,
                 .kind = added.kind,
                 .owner = added.owner,
                 .origin = added.origin,
                 .webhook = added.webhook,
                 .expected = added.expected,
                 .cost = added.cost,
                 .warnings = added.warnings,
                 .created = base::utc_now(),
                 .command = added.command};
  const JobFolder files = folder(job.id);
  if (!added.examples.empty()) base::write_file(files.examples(), added.examples);
  if (!added.test.empty()) base::write_file(files.test(), added.test);
  files.write(job);
  const std::lock_guard lock(mutex_);
  last_number_ = job.number;
  enqueue(job);
  changed_.notify_all();
  return {.added = Admission::waits, .job = jobs_.emplace(job.id, job).first->second};
}

std::optional<ServiceJob> Jobs::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return found->second;
}

std::optional<Jobs::State> Jobs::state(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return State{.status = found->second.status, .generations = found->second.course.size()};
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

std::vector<ServiceJob> Jobs::newest(size_t most, uint64_t before,
                                     const std::function<bool(const ServiceJob&)>& fits) const {
  const std::lock_guard lock(mutex_);
  std::map<uint64_t, const ServiceJob*, std::greater<>> found;
  for (const auto& [id, job] : jobs_)
    if (job.number < before && fits(job)) found.emplace(job.number, &job);
  std::vector<ServiceJob> list;
  for (const auto& [number, job] : found) {
    if (list.size() == most) break;
    list.push_back(*job);
  }
  return list;
}

uint64_t Jobs::bytes_of(const std::string& owner) const {
  uint64_t sum = 0;
  for (const auto& [id, job] : jobs_) sum += job.owner == owner ? job.bytes : 0;
  return sum;
}

// The caller holds the lock of the memory.
const std::map<std::string, QueuePlace>& Jobs::places() const {
  if (places_) return *places_;
  double left = 0;
  if (const auto found = jobs_.find(running_); found != jobs_.end()) {
    const ServiceJob& job = found->second;
    left =
        job.progress.pace > 0 ? job.progress.left() : std::max(0.0, job.expected - turn_.seconds());
  }
  places_ = queue_.places(limits_.slice, left);
  return *places_;
}

std::optional<QueuePlace> Jobs::place(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = places().find(id);
  if (found == places().end()) return std::nullopt;
  return found->second;
}

double Jobs::wait_of_new(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  FairQueue with = queue_;
  with.add({.id = "new", .owner = owner, .number = last_number_ + 1});
  double left = 0;
  if (const auto found = jobs_.find(running_); found != jobs_.end())
    left = found->second.progress.pace > 0 ? found->second.progress.left() : found->second.expected;
  return with.places(limits_.slice, left)["new"].starts_in;
}

size_t Jobs::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::map<JobStatus, uint64_t> Jobs::counts() const {
  std::map<JobStatus, uint64_t> counts;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, job] : jobs_) ++counts[job.status];
  return counts;
}

bool Jobs::is_computing() const {
  const std::lock_guard lock(mutex_);
  return !running_.empty();
}

bool Jobs::cancel(const std::string& id) {
  const std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  ServiceJob& job = found->second;
  if (job.status == JobStatus::processing) job.cancel_asked = true;
  if (job.status != JobStatus::starting) return true;
  dequeue(job);
  job.status = JobStatus::canceled;
  job.completed = base::utc_now();
  const ServiceJob now = job;
  lock.unlock();
  keep(now);
  say(now, "completed");
  return true;
}

bool Jobs::remove(const std::string& id) {
  const std::lock_guard writing(writing_);
  const std::optional<State> now = state(id);
  if (!now || !has_ended(now->status)) return false;
  std::error_code error;
  fs::remove_all(folder_ / id, error);
  if (error) return false;
  const std::lock_guard lock(mutex_);
  jobs_.erase(id);
  return true;
}

ServiceJob Jobs::begun(const std::string& id, std::unique_lock<std::mutex> lock) {
  ServiceJob& job = jobs_.at(id);
  dequeue(job);
  job.status = JobStatus::processing;
  const bool is_new = job.started.empty();
  if (is_new) job.started = base::utc_now();
  ServiceJob now = job;
  lock.unlock();
  keep(now);
  if (is_new) say(now, "start");
  return now;
}

std::optional<ServiceJob> Jobs::take(double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                    [this] { return !queue_.is_empty(); });
  lock.unlock();
  const std::lock_guard writing(writing_);
  lock.lock();
  const std::optional<std::string> next = queue_.next();
  if (!next) return std::nullopt;
  running_ = *next;
  queue_.begin(jobs_.at(*next).owner);
  turn_ = {};
  return begun(*next, std::move(lock));
}

std::optional<ServiceJob> Jobs::take_short(const std::function<bool(const ServiceJob&)>& fits) {
  const std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  const auto found =
      std::ranges::find_if(short_, [&](const auto& entry) { return fits(jobs_.at(entry.second)); });
  if (found == short_.end()) return std::nullopt;
  return begun(std::string(found->second), std::move(lock));
}

bool Jobs::cancel_asked(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return jobs_.at(id).cancel_asked;
}

// A search that goes on tells what is known once more.
void Jobs::progress(const std::string& id, const JobProgress& now) {
  const std::lock_guard lock(mutex_);
  ServiceJob& job = jobs_.at(id);
  const JobProgress before = std::exchange(job.progress, now);
  const int more = now.evaluation - before.evaluation;
  evaluations_ += static_cast<uint64_t>(std::max(more, 0));
  const double pace = more > 0 ? (now.seconds - before.seconds) / more : 0;
  job.progress.pace = more > 0 && before.seconds > 0 ? pace : before.pace;
  places_.reset();
  if (!job.course.empty() && job.course.back().first >= now.evaluation) return;
  job.course.emplace_back(now.evaluation, now.best_loss);
  say(job, "logs");
}

uint64_t Jobs::evaluations() const {
  const std::lock_guard lock(mutex_);
  return evaluations_;
}

void Jobs::serve(const std::string& owner, double seconds) {
  const std::lock_guard lock(mutex_);
  queue_.serve(owner, seconds);
}

bool Jobs::is_anothers_turn() const {
  const std::lock_guard lock(mutex_);
  return turn_.seconds() >= limits_.slice && queue_.is_anothers_turn();
}

// It is told to have ended once that is on disk.
void Jobs::end(const std::string& id, const End& end) {
  const std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  ServiceJob job = jobs_.at(id);
  lock.unlock();
  job.status = end.status;
  job.output = end.output;
  job.error = end.error;
  job.seconds += end.seconds;
  job.completed = base::utc_now();
  keep(job);
  job.bytes = folder(id).bytes();
  lock.lock();
  jobs_.at(id) = job;
  if (running_ == id) {
    running_.clear();
    queue_.end();
  }
  places_.reset();
  lock.unlock();
  if (end.status == JobStatus::succeeded) say(job, "output");
  say(job, "completed");
}

void Jobs::wait_again(const std::string& id, double seconds, Until until) {
  const std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  ServiceJob& job = jobs_.at(id);
  job.needs_turn = job.needs_turn || until == Until::its_turn;
  job.status = JobStatus::starting;
  job.seconds += seconds;
  enqueue(job);
  if (running_ == id) {
    running_.clear();
    queue_.end();
  }
  const ServiceJob now = job;
  lock.unlock();
  keep(now);
}

void Jobs::listen(Listener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
  for (const auto& [id, job] : jobs_)  // an end of which nobody heard before the service ended
    if (has_ended(job.status) && !job.webhook.is_told) say(job, "completed");
}

void Jobs::say(const ServiceJob& job, const std::string& kind) const {
  if (listener_ && !job.webhook.url.empty()) listener_(job, kind);
}

void Jobs::told(const std::string& id) {
  const std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !has_ended(found->second.status)) return;
  found->second.webhook.is_told = true;
  const ServiceJob now = found->second;
  lock.unlock();
  keep(now);
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
