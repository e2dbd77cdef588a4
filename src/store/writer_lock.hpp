// Lets one process at a time write a journal, and says which.
#pragma once
#include <filesystem>
#include <string>
#include <thread>

namespace lorahub::store {

enum class Flock { use, none };  // none: as on a file system that has no locks

struct LockOptions {
  double patience = 10;  // seconds to wait for a lock that a living process holds
  Flock flock = Flock::use;
};

// Held until destruction by the file `<journal>.lock`, which says host, process and since when. A
// lock that a process of this host has left behind when it ended is taken over at once; one of
// another host after it has not been renewed for kStale seconds, for which the constructor waits.
// Locks of a folder are taken one after the other, so two runs that begin at once see each other.
// base::Interrupted naming the holder, after the patience, when the journal is being written;
// base::Error when the folder is being written by shards of another count.
class WriterLock {
 public:
  explicit WriterLock(const std::filesystem::path& journal, const LockOptions& options = {});
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  // base::Interrupted when another process has taken the lock, since this one was stopped so long
  // that it seemed to be gone.
  void check_still_held() const;

  static constexpr double kStale = 90;  // seconds

 private:
  void take(const std::filesystem::path& file, Flock flock);
  void renew(const std::stop_token& stop) const;
  int descriptor_ = -1;
  std::string text_;  // what the lock file says while it is held
  std::string name_;
  std::jthread renewing_;
};

}  // namespace lorahub::store
