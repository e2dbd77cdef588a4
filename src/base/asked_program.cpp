#include "base/asked_program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "base/signals.hpp"
#include "base/wait_ready.hpp"

namespace lorahub::base {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;            // between two looks at the signals
constexpr auto kGrace = 3s;              // from a request to end to the next, harder one
constexpr size_t kLongest = 64U << 20U;  // bytes of an answer

struct PipeEnds {
  PipeEnds() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannot("cannot make a pipe", errno);
  }
  std::array<int, 2> ends{-1, -1};  // reader, writer
};

// Starts the command in a process group of its own, so that an interrupt of the terminal leaves it
// to us, and all that it starts can be ended. It has ordinary signals, which this process blocks.
pid_t start(const std::string& command, const PipeEnds& questions, const PipeEnds& answers) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, questions.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers.ends[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, pipe;
  sigemptyset(&none);
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::string shell = "/bin/sh", flag = "-c", text = command;
  std::array<char*, 4> words{shell.data(), flag.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, shell.c_str(), &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot(format("cannot start {}", shell), error);
  return child;
}

}  // namespace

AskedProgram::AskedProgram(std::string command, std::chrono::seconds patience)
    : command_(std::move(command)), patience_(patience) {
  const PipeEnds questions, answers;
  child_ = start(command_, questions, answers);
  ::close(questions.ends[0]);
  ::close(answers.ends[1]);
  to_ = questions.ends[1];
  from_ = answers.ends[0];
  for (const int end : {to_, from_})
    ::fcntl(end, F_SETFL, O_NONBLOCK);  // a program that does not read or write must not hold us
}

AskedProgram::~AskedProgram() {
  ::close(to_);
  ::close(from_);
  if (has_ended(kGrace)) return;
  ::kill(-child_, SIGTERM);
  if (has_ended(kGrace)) return;
  ::kill(-child_, SIGKILL);
  ::waitpid(child_, &state_, 0);
}

bool AskedProgram::has_ended(std::chrono::milliseconds within) {
  const auto deadline = Clock::now() + within;
  while (!reaped_ && ::waitpid(child_, &state_, WNOHANG) != child_) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  reaped_ = true;
  return true;
}

void AskedProgram::fail_ended() {
  std::string how = "closed its standard output";
  if (has_ended(kGrace))
    how = WIFEXITED(state_) ? format("ended with code {}", WEXITSTATUS(state_))
                            : format("was ended by signal {}", WTERMSIG(state_));
  fail(
      "the program '{}' {} before it answered (each question needs one line), run it by hand and "
      "mend it",
      command_, how);
}

// Waits until the program reads (where `writing`) or has written, with the signals looked at.
void AskedProgram::wait(bool writing, Clock::time_point deadline) {
  std::array<pollfd, 2> open{{{.fd = from_, .events = POLLIN, .revents = 0},
                              {.fd = writing ? to_ : -1, .events = POLLOUT, .revents = 0}}};
  while (!wait_ready(open, static_cast<int>(kLook.count()), format("the program '{}'", command_))) {
    throw_if_signalled();
    if (Clock::now() <= deadline) continue;
    ::kill(-child_, SIGKILL);
    fail(
        "the program '{}' has not answered for {} s (the search waits for it), mend it or allow "
        "it more time",
        command_, patience_.count());
  }
}

// Writes what the pipe takes, and takes it off `text`.
void AskedProgram::write_some(std::string_view& text) {
  const ssize_t count = ::write(to_, text.data(), text.size());
  if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  if (count < 0 && errno != EAGAIN && errno != EINTR) fail_ended();
}

// Reads what the pipe holds, if anything.
void AskedProgram::read_some() {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(from_, buffer.data(), buffer.size());
  if (count > 0) read_.append(buffer.data(), static_cast<size_t>(count));
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) fail_ended();
  check(read_.size() < kLongest, "the program '{}' answers without an end of line, mend it",
        command_);
}

// Both directions at once, since a program may write while it reads, and would wait for ever where
// we only wrote.
std::string AskedProgram::ask(const std::string& question) {
  const auto deadline = Clock::now() + patience_;
  const std::string line = question + "\n";
  std::string_view left = line;
  size_t seen = 0;  // bytes of read_ that hold no end of line
  size_t end = read_.find('\n');
  while (!left.empty() || end == std::string::npos) {
    wait(!left.empty(), deadline);
    if (!left.empty()) write_some(left);
    read_some();
    if (end == std::string::npos) end = read_.find('\n', seen);
    seen = read_.size();
  }
  std::string answer = read_.substr(0, end);
  read_.erase(0, end + 1);
  return answer;
}

}  // namespace lorahub::base
