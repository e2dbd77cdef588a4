#include "store/isolated_process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>

#include "base/fault.hpp"

namespace lorahub::store {
namespace {

void limit(decltype(RLIMIT_CPU) what, rlim_t most) {
  rlimit bounds{};
  if (::getrlimit(what, &bounds) != 0) return;
  bounds.rlim_cur = std::min(bounds.rlim_cur, most);
  ::setrlimit(what, &bounds);
}

rlim_t mapped_now() {  // bytes
  std::ifstream file("/proc/self/statm");
  rlim_t pages = 0;
  file >> pages;
  return pages * static_cast<rlim_t>(::getpagesize());
}

void keep_within(const IsolatedBounds& bounds) {
  constexpr rlim_t kMore = rlim_t{2} << 30, kTimes = 40;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(std::ceil(bounds.seconds)));
  limit(RLIMIT_AS, mapped_now() + kMore + kTimes * bounds.bytes);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(signal, SIG_DFL);
}

bool write_all(int descriptor, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return false;
    done += written > 0 ? static_cast<size_t>(written) : 0;
  }
  return true;
}

// No exception may leave this function, since the child would go on as the parent does.
[[noreturn]] void run_and_end(int descriptor, const std::function<std::string()>& work) {
  try {
    ::_exit(write_all(descriptor, work()) ? 0 : 1);
  } catch (...) {
    ::_exit(2);
  }
}

std::string read_all(int descriptor) {
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t size = ::read(descriptor, part, sizeof part);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(part, static_cast<size_t>(size));
  }
}

std::string death_of(int state) {
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return "";
  if (WIFEXITED(state)) return base::format("code {}", WEXITSTATUS(state));
  if (WTERMSIG(state) == SIGXCPU) return "no end within its time";
  return base::format("signal {} ({})", WTERMSIG(state), ::strsignal(WTERMSIG(state)));
}

}  // namespace

IsolatedResult run_isolated(const IsolatedBounds& bounds,
                            const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) base::cannot("cannot make a pipe", errno);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    keep_within(bounds);
    run_and_end(ends[1], work);
  }
  const int error = errno;
  ::close(ends[1]);
  IsolatedResult result{.text = child > 0 ? read_all(ends[0]) : ""};
  ::close(ends[0]);
  if (child < 0) base::cannot("cannot start a process to read with", error);
  int state = 0;
  while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  result.death = death_of(state);
  return result;
}

}  // namespace lorahub::store
