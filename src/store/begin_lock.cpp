#include "store/begin_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/signals.hpp"
#include "store/disk.hpp"
#include "store/lock_holder.hpp"
#include "store/paths.hpp"

namespace lorahub::store {
namespace {
using namespace std::chrono_literals;

constexpr Flock kNoFlock = Flock::none;  // the text in the file alone says who holds it

bool make(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) cannot_write(file.string(), errno);
  const std::string text = my_holder_text();
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(descriptor);
  if (written) return true;
  ::unlink(file.c_str());
  cannot_write(file.string(), error);
}

ino_t inode(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

// Removes the file of a dead process. It is renamed first: where two processes see it, one removes
// it, and the other may have renamed the new file of a living process, which it then puts back.
void take_away(const std::filesystem::path& file, ino_t dead) {
  const std::filesystem::path aside = set_aside(file, ::getpid());
  if (::rename(file.c_str(), aside.c_str()) != 0) return;
  if (inode(aside) != dead && ::link(aside.c_str(), file.c_str()) != 0) {
    // Another process has begun meanwhile.
  }
  ::unlink(aside.c_str());
}

// A file without text is just being made, or its maker was killed at that moment.
bool is_dead(const std::filesystem::path& file) {
  const double now = file_system_now(file.parent_path());
  const LockState held = read_lock(file, kNoFlock, now);
  if (!held.holder.empty()) return held.by == HeldBy::nobody;
  return held.modified > 0 && now - held.modified >= WriterLock::kStale;
}

}  // namespace

BeginLock::BeginLock(const std::filesystem::path& folder) : file_(begin_lock_file(folder)) {
  constexpr double kSayAfter = 2, kMost = WriterLock::kStale + 30;  // seconds
  const base::Stopwatch clock;
  for (bool said = false; !make(file_);) {
    base::throw_if_signalled();
    const ino_t seen = inode(file_);
    if (is_dead(file_)) {
      take_away(file_, seen);
      continue;
    }
    const std::string holder = read_lock(file_, kNoFlock, 0).holder;
    if (clock.seconds() > kMost)
      throw base::Interrupted(base::format(
          "{} has been held by {} for {:.0f} seconds (only one run at a time may begin here), end "
          "that process or remove the file, and run the same command again",
          file_.string(), holder.empty() ? "another process" : holder, clock.seconds()));
    if (!said && clock.seconds() > kSayAfter) {
      said = true;
      fmt::print(stderr, "lorahub: waiting for {}, which begins to write in {}\n",
                 holder.empty() ? "another process" : holder, file_.parent_path().string());
    }
    std::this_thread::sleep_for(20ms);
  }
}

BeginLock::~BeginLock() { ::unlink(file_.c_str()); }

}  // namespace lorahub::store
