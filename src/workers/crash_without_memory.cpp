#include "workers/crash_without_memory.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/exit_codes.hpp"
#include "base/host.hpp"
#include "base/launcher.hpp"
#include "base/memory_probe.hpp"
#include "base/streams.hpp"
#include "base/text.hpp"
#include "workers/end_launcher.hpp"

namespace lorahub::workers {
namespace {

constexpr size_t kProbe = size_t{4} << 20;  // bytes, more than MPI asks for at a time

// What the handler needs, which can't ask for memory.
using LastLine = char[512];
LastLine no_memory, no_files;
struct sigaction before;

bool gets_a_file() {
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return file >= 0 && ::close(file) == 0;
}

void end(const LastLine& words) {
  base::write_error(words);
  end_lingering_launcher();
  ::_exit(base::kExitRunAgain);
}

void on_crash(int signal) {
  if (!base::gets_memory(kProbe)) end(no_memory);
  if (!gets_a_file()) end(no_files);
  ::sigaction(signal, &before, nullptr);  // the instruction that failed is tried again
}

void write_words(LastLine& words, std::string_view lack, std::string_view advice) {
  const std::string text =
      base::format("lorahub: rank {} on {} {}, {}, and run the same command to go on\n",
                   base::launched_rank().value_or(0), base::host_name(), lack, advice);
  text.copy(words, sizeof words - 1);
}

}  // namespace

void name_crashes_without_memory() {
  write_words(no_memory, "has no memory left",
              "give the job more memory, or start fewer ranks on a node");
  write_words(no_files, "may not open a further file", "raise the limit of open files (ulimit -n)");
  struct sigaction action {};
  action.sa_handler = on_crash;
  ::sigaction(SIGSEGV, &action, &before);
}

}  // namespace lorahub::workers
