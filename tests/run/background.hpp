// A run in the background, to which a test does something.
#pragma once
#include <fcntl.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <thread>

#include "run/small_study.hpp"

namespace lorahub {
using namespace std::chrono_literals;

// A shell command in a process group of its own, in the background.
class Background {
 public:
  Background(const std::string& command, const std::filesystem::path& err) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setpgid(0, 0);
    const int file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::execl("/bin/sh", "sh", "-c", ("exec env " + command).c_str(), nullptr);
    ::_exit(127);
  }
  ~Background() {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
    if (pid_ > 0) wait();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t pid() const { return pid_; }
  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, &state_, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }
  int wait() {  // the exit code, or 128 + signal
    if (pid_ > 0) ::waitpid(pid_, &state_, 0);
    pid_ = -1;
    return WIFEXITED(state_) ? WEXITSTATUS(state_) : 128 + WTERMSIG(state_);
  }
  // The process ids of the ranks under mpirun, in their order.
  std::vector<pid_t> children() const {
    std::vector<pid_t> pids;
    std::istringstream text(run_command("pgrep -P " + std::to_string(pid_)).out);
    for (pid_t pid; text >> pid;) pids.push_back(pid);
    return pids;
  }

 private:
  pid_t pid_ = -1;
  int state_ = 0;
};

// Polls until `done`; false when the process has ended before, or after a minute.
inline bool wait_until(Background& process, const std::function<bool()>& done) {
  for (int i = 0; i < 12000; ++i) {
    if (process.ended()) return false;
    if (done()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

inline size_t count(const std::string& text, std::string_view word) {
  size_t times = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++times;
  return times;
}

// Steps of searches and trials that were recorded.
inline size_t steps(const std::filesystem::path& folder) {
  const std::string text = read_all(folder / "out/journal.ndj");
  return count(text, "\"kind\":\"generation\"") + count(text, "\"kind\":\"finish\"");
}

// A search long enough that only what the test does ends it.
inline const char* const kLong = "--set search.budget=1000000 --only method=lorahub --only seed=1";

}  // namespace lorahub
