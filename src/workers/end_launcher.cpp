#include "workers/end_launcher.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace lorahub::workers {
namespace {

constexpr unsigned kPatience = 10;  // seconds

// mpirun itself or its daemon on this node, by the names of Open MPI 4 and 5.
bool is_launcher(pid_t process) {
  static constexpr std::array<std::string_view, 6> kNames{"mpirun", "mpiexec", "orterun",
                                                          "orted",  "prterun", "prted"};
  char path[32], name[32];
  std::snprintf(path, sizeof path, "/proc/%d/comm", static_cast<int>(process));
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t length = ::read(file, name, sizeof name);
  ::close(file);
  const std::string_view line(name, static_cast<size_t>(std::max<ssize_t>(length, 1)) - 1);
  return std::ranges::find(kNames, line) != kNames.end();
}

}  // namespace

void end_lingering_launcher() {
  const pid_t launcher = ::getppid();
  if (!is_launcher(launcher) || ::_Fork() != 0) return;
  // Only calls that are safe after a fork beside threads are made here. The process leaves the
  // rank's session, streams and sockets, so that the launcher neither kills it nor waits for it.
  ::setsid();
  ::close_range(0, ~0U, 0);
  for (unsigned waited = 0; waited < kPatience; ++waited) {
    ::sleep(1);
    if (::kill(launcher, 0) != 0) ::_exit(0);
  }
  ::kill(launcher, SIGKILL);
  ::_exit(0);
}

}  // namespace lorahub::workers
