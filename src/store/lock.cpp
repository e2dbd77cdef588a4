#include "store/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "store/disk.hpp"

namespace lorahub::store {
namespace {
using namespace std::chrono_literals;

constexpr auto kRenewal = 20s;

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string text_of(int descriptor) {
  char text[512] = {};
  const ssize_t size = ::pread(descriptor, text, sizeof text - 1, 0);
  return {text, size > 0 ? static_cast<size_t>(size) : 0};
}

double modified(int descriptor) {
  struct stat status {};
  ::fstat(descriptor, &status);
  return static_cast<double>(status.st_mtim.tv_sec) +
         1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

// Seconds since the last renewal, by the clock of the file system (another host's may differ).
double age(int descriptor) {
  const double before = modified(descriptor);
  ::futimens(descriptor, nullptr);
  return modified(descriptor) - before;
}

[[noreturn]] void refuse(const std::filesystem::path& journal, const std::string& holder) {
  base::fail(
      "{} is being written by {} (a second run of the same study would mix its records with the "
      "first one's), wait for it to end or choose another folder with --out",
      journal.string(), holder.empty() ? "another process" : holder);
}

// "process 12 on host n1 since 2026-01-31T12:00:00Z"
std::string mine() {
  return base::format("process {} on host {} since {}", ::getpid(), host_name(), base::utc_now());
}

bool of_this_host(const std::string& holder) {
  return holder.find(base::format(" on host {} since ", host_name())) != std::string::npos;
}

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& journal) {
  const std::string file = journal.string() + ".lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) cannot_write(file, errno);
  const bool locked = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  const int error = errno;
  const std::string holder = text_of(descriptor_);
  // Where there are no locks at all, what the file says has to do.
  const bool unsupported = !locked && error != EWOULDBLOCK;
  const bool elsewhere = !holder.empty() && (!of_this_host(holder) || unsupported);
  if ((!locked && !unsupported) || (elsewhere && age(descriptor_) < kStale)) {
    ::close(descriptor_);
    refuse(journal, holder);
  }
  const std::string text = mine();
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    const int cause = errno;
    ::close(descriptor_);
    cannot_write(file, cause);
  }
  renewing_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
}

WriterLock::~WriterLock() {
  renewing_.request_stop();
  renewing_.join();
  if (::ftruncate(descriptor_, 0) != 0) {
    // Stays as the lock of a process that is gone.
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
