#include "workers/end_launcher.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace lorahub::workers {
namespace {

// mpirun itself or its daemon on this node, by the names of Open MPI 4 and 5.
bool is_launcher(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return name == "mpirun" || name == "mpiexec" || name == "orterun" || name == "orted" ||
         name == "prterun" || name == "prted";
}

}  // namespace

void end_launcher_after(unsigned seconds) {
  const pid_t launcher = ::getppid();
  if (!is_launcher(launcher) || ::fork() != 0) return;
  // Only calls that are safe after a fork beside threads are made here. The process leaves the
  // rank's session, streams and sockets, so that the launcher neither kills it nor waits for it.
  ::setsid();
  ::close_range(0, ~0U, 0);
  for (unsigned waited = 0; waited < seconds; ++waited) {
    ::sleep(1);
    if (::kill(launcher, 0) != 0) ::_exit(0);
  }
  ::kill(launcher, SIGKILL);
  ::_exit(0);
}

}  // namespace lorahub::workers
