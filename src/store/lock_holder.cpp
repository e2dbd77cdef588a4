#include "store/lock_holder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/process_status.hpp"
#include "store/disk.hpp"
#include "store/paths.hpp"

namespace lorahub::store {
namespace {

// Names the start of the kernel and the namespace of processes within which process numbers are
// unique.
std::string numbering() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  file >> boot;
  char space[64] = {};
  const ssize_t size = ::readlink("/proc/self/ns/pid", space, sizeof space - 1);
  return boot + "/" + std::string(space, size > 0 ? static_cast<size_t>(size) : 0);
}

struct Holder {
  std::string line;
  pid_t pid = 0;
  bool of_this_host = false;
  std::string start;  // of the process; "" where the file does not say
};

Holder read_holder(const std::string& text) {
  std::istringstream lines(text);
  Holder holder;
  std::string numbers;
  std::getline(lines, holder.line);
  lines >> numbers >> holder.start;
  constexpr std::string_view kBefore = "process ";
  if (holder.line.starts_with(kBefore))
    holder.pid = std::atoi(holder.line.c_str() + kBefore.size());
  const bool named =
      holder.line.find(base::format(" on host {} since ", base::host_name())) != std::string::npos;
  holder.of_this_host = named && (numbers.empty() || numbers == numbering());
  return holder;
}

bool lives(const Holder& holder) {
  const base::ProcessStatus found = base::process_status(holder.pid);
  return found.lives() && (holder.start.empty() || holder.start == found.start);
}

double modified(int descriptor) {
  struct stat status {};
  ::fstat(descriptor, &status);
  return static_cast<double>(status.st_mtim.tv_sec) +
         1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

std::string text_of(int descriptor) {
  char text[1024] = {};
  const ssize_t size = ::pread(descriptor, text, sizeof text - 1, 0);
  return {text, size > 0 ? static_cast<size_t>(size) : 0};
}

void check_regular(int descriptor, const std::filesystem::path& file) {
  struct stat status {};
  base::check(::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode),
              "{} is not a regular file (it is to say who writes here), remove it", file.string());
}

enum class Locked { yes, no, unknown };

// Tries a shared lock, which conflicts with the writer's, but not with those of others that look.
Locked locked(int descriptor, Flock flock) {
  if (flock == Flock::none) return Locked::unknown;
  if (::flock(descriptor, LOCK_SH | LOCK_NB) == 0) {
    ::flock(descriptor, LOCK_UN);
    return Locked::no;
  }
  return errno == EWOULDBLOCK ? Locked::yes : Locked::unknown;
}

}  // namespace

std::string my_holder_text() {
  return base::format("process {} on host {} since {}\n{} {}\n", ::getpid(), base::host_name(),
                      base::utc_now(), numbering(), base::process_status(::getpid()).start);
}

LockState read_lock(const std::filesystem::path& file, Flock flock, double now) {
  const base::Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (open < 0 && errno == ENOENT) return {};
  if (open < 0) base::cannot(base::format("cannot read {}", file.string()), errno);
  check_regular(open, file);
  const Locked lock = locked(open, flock);
  const Holder holder = read_holder(text_of(open));
  LockState held{.holder = holder.line, .modified = modified(open)};
  if (holder.of_this_host) held.stopped = base::process_status(holder.pid).state == 'T';
  if (lock == Locked::yes)
    held.by = holder.of_this_host || holder.line.empty() ? HeldBy::here : HeldBy::elsewhere;
  else if (holder.line.empty())
    held.by = HeldBy::nobody;
  else if (holder.of_this_host)
    held.by = lock == Locked::unknown && lives(holder) ? HeldBy::here : HeldBy::nobody;
  else
    held.by = now - held.modified < WriterLock::kStale ? HeldBy::elsewhere : HeldBy::nobody;
  return held;
}

double file_system_now(const std::filesystem::path& folder) {
  std::string name = clock_pattern(folder);
  const base::Descriptor open(::mkostemps(name.data(), kClockSuffix, O_CLOEXEC));
  if (open < 0) cannot_write(name, errno);
  const double now = modified(open);
  ::unlink(name.c_str());
  return now;
}

int open_lock(const std::filesystem::path& file) {
  const int descriptor =
      ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0666);
  if (descriptor < 0) cannot_write(file.string(), errno);
  try {
    check_regular(descriptor, file);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  return descriptor;
}

}  // namespace lorahub::store
