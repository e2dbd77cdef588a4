#include "base/shell.hpp"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/launcher.hpp"

namespace lorahub::base {
namespace {

constexpr size_t kMostText = 2000;  // bytes

// A file in memory: unlike a pipe it never fills, and nobody waits for its other end.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("lorahub", MFD_CLOEXEC)) {
    if (descriptor_ < 0) cannot("cannot make a file in memory", errno);
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  void fill(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t put = ::write(descriptor_, text.data(), text.size());
      if (put < 0 && errno != EINTR) cannot("cannot write into memory", errno);
      if (put > 0) text.remove_prefix(static_cast<size_t>(put));
    }
    ::lseek(descriptor_, 0, SEEK_SET);
  }

  std::string beginning() const {
    std::string text(kMostText, '\0');
    const ssize_t got = ::pread(descriptor_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }

 private:
  int descriptor_;
};

std::vector<char*> own_environment() {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!is_of_launcher(*variable)) variables.push_back(*variable);
  variables.push_back(nullptr);
  return variables;
}

pid_t start(const std::string& command, const MemoryFile& in, const MemoryFile& out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string shell = "/bin/sh", option = "-c", words = command;
  const std::array<char*, 4> arguments{shell.data(), option.data(), words.data(), nullptr};
  std::vector<char*> environment = own_environment();
  pid_t child = 0;
  const int error = ::posix_spawn(&child, shell.c_str(), &actions, &attributes, arguments.data(),
                                  environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot("cannot start /bin/sh", error);
  return child;
}

}  // namespace

ShellOutput run_shell(const std::string& command, std::string_view input, double seconds) {
  const MemoryFile in, out;
  in.fill(input);
  const pid_t child = start(command, in, out);
  const Stopwatch clock;
  ShellOutput output;
  int state = 0;
  while (::waitpid(child, &state, WNOHANG) == 0) {
    if (output.in_time && clock.seconds() > seconds) {
      output.in_time = false;
      ::kill(-child, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  output.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  output.text = out.beginning();
  return output;
}

}  // namespace lorahub::base
