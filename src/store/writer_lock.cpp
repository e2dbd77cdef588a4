#include "store/writer_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/signals.hpp"
#include "store/begin_lock.hpp"
#include "store/disk.hpp"
#include "store/lock_holder.hpp"
#include "store/paths.hpp"

namespace lorahub::store {
namespace {
using namespace std::chrono_literals;

constexpr auto kRenewal = 20s;

std::filesystem::path folder_of(const std::filesystem::path& journal) {
  return journal.has_parent_path() ? journal.parent_path() : ".";
}

std::string words(const LockState& held) {
  return held.holder.empty() ? "another process" : held.holder;
}

[[noreturn]] void give_up(const std::filesystem::path& journal, const LockState& held) {
  throw base::Interrupted(base::format(
      "{} is being written by {}{} (a second run of the same study would mix its records with the "
      "first one's), run the same command when that one has ended, or choose another folder with "
      "--out",
      journal.string(), words(held),
      held.stopped ? ", which is stopped: continue it (kill -CONT) or end it" : ""));
}

// Shards of another count have other trials, of which some are the same.
void check_others(const std::filesystem::path& journal, Flock flock, double now) {
  const std::string mine = shard_of(journal).value_or("");
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(journal))) {
    const auto other = journal_of_lock(entry.path());
    const auto shard = other ? shard_of(*other) : std::nullopt;
    if (!shard || count_of(*shard) == count_of(mine)) continue;
    const LockState held = read_lock(entry.path(), flock, now);
    base::check(
        held.by == HeldBy::nobody,
        "{} is being written by {} as {} (trials would be run twice), wait for it to end or "
        "choose another folder with --out",
        folder_of(journal).string(), words(held), words_of(*shard));
  }
}

// Waits for a lock that another process holds.
class Waiting {
 public:
  Waiting(const std::filesystem::path& journal, double patience)
      : journal_(journal), patience_(patience) {}

  // Throws when waiting has no hope any more. The lock of another host may have been left behind,
  // so it is waited for until it is stale.
  void once(const LockState& held) {
    base::throw_if_signalled();
    if (seen_ == 0) seen_ = held.modified;
    const bool may_be_dead = held.by == HeldBy::elsewhere && held.modified == seen_;
    const double most = may_be_dead ? WriterLock::kStale + 10 : patience_;
    if (clock_.seconds() >= most || (held.stopped && clock_.seconds() > 1)) give_up(journal_, held);
    say(held);
    std::this_thread::sleep_for(50ms);
  }

 private:
  void say(const LockState& held) {
    if (said_ || clock_.seconds() < 1) return;
    said_ = true;
    fmt::print(stderr, "lorahub: waiting for {}, which writes {}\n", words(held),
               journal_.string());
  }

  const std::filesystem::path& journal_;
  double patience_, seen_ = 0;
  base::Stopwatch clock_;
  bool said_ = false;
};

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& journal, const LockOptions& options)
    : name_(journal.string()) {
  for (Waiting waiting(journal, options.patience);;) {
    LockState held;
    {
      const BeginLock begin(folder_of(journal));
      const double now = file_system_now(folder_of(journal));
      held = read_lock(lock_file(journal), options.flock, now);
      if (held.by == HeldBy::nobody) {
        check_others(journal, options.flock, now);
        take(lock_file(journal), options.flock);
        break;
      }
    }
    waiting.once(held);
  }
  renewing_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
}

void WriterLock::take(const std::filesystem::path& file, Flock flock) {
  descriptor_ = open_lock(file);
  if (flock == Flock::use) (void)::flock(descriptor_, LOCK_EX | LOCK_NB);
  text_ = my_holder_text();
  if (::ftruncate(descriptor_, 0) == 0 &&
      ::pwrite(descriptor_, text_.data(), text_.size(), 0) == static_cast<ssize_t>(text_.size()))
    return;
  const int error = errno;
  ::close(descriptor_);
  cannot_write(file.string(), error);
}

namespace {
bool says(int descriptor, const std::string& text) {
  std::string found(text.size() + 1, '\0');
  const ssize_t size = ::pread(descriptor, found.data(), found.size(), 0);
  return size == static_cast<ssize_t>(text.size()) && found.compare(0, text.size(), text) == 0;
}
}  // namespace

void WriterLock::check_still_held() const {
  if (says(descriptor_, text_)) return;
  throw base::Interrupted(base::format(
      "{} is being written by another process by now (this one did not answer for {:.0f} seconds), "
      "run the same command again when that one has ended",
      name_, kStale));
}

WriterLock::~WriterLock() {
  renewing_.request_stop();
  renewing_.join();
  if (says(descriptor_, text_) && ::ftruncate(descriptor_, 0) != 0) {
    // The file stays, as the lock of a process that is gone.
  }
  ::close(descriptor_);
}

void WriterLock::renew(const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!changed.wait_for(lock, stop, kRenewal, [&stop] { return stop.stop_requested(); }))
    ::futimens(descriptor_, nullptr);
}

}  // namespace lorahub::store
