#include "workers/crash_without_memory.hpp"

#include <mpi.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/host.hpp"
#include "base/text.hpp"
#include "workers/end_launcher.hpp"

namespace lorahub::workers {
namespace {

constexpr size_t kProbe = size_t{4} << 20;  // bytes, more than MPI asks for at a time

// What the handler needs, which can't ask for memory.
char words[512];
struct sigaction before;  // of MPI, which prints a stack trace

bool has_memory() {
  void* const probe =
      ::mmap(nullptr, kProbe, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return probe != MAP_FAILED && ::munmap(probe, kProbe) == 0;
}

void on_crash(int signal) {
  if (has_memory()) {  // the instruction that failed is tried again
    ::sigaction(signal, &before, nullptr);
    return;
  }
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, words, std::strlen(words));
  end_lingering_launcher();
  ::_exit(75);
}

}  // namespace

void name_crashes_without_memory() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const std::string text = base::format(
      "lorahub: rank {} on {} has no memory left for its messages, give the job more memory, or "
      "start fewer ranks on a node, and run the same command to go on\n",
      rank, base::host_name());
  text.copy(words, sizeof words - 1);
  struct sigaction action {};
  action.sa_handler = on_crash;
  ::sigaction(SIGSEGV, &action, &before);
}

}  // namespace lorahub::workers
