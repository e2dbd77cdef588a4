#include "workers/heartbeat.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace lorahub::workers {
namespace {

using namespace std::chrono_literals;

TEST(Silence, CountsFromTheLastNote) {
  Silence silence(2);
  std::this_thread::sleep_for(300ms);
  silence.note(0);
  EXPECT_GE(silence.of(1), 0.3);
  EXPECT_LT(silence.of(0), silence.of(1));
}

// As Slurm suspends a job: the ranks wake up together, and none may take the others for lost.
TEST(Silence, DoesNotCountWhileThisProcessIsStopped) {
  Silence silence(1);
  const pid_t me = getpid(), child = fork();
  if (child == 0) {
    std::this_thread::sleep_for(1s);
    kill(me, SIGSTOP);
    std::this_thread::sleep_for(4s);
    kill(me, SIGCONT);
    _exit(0);
  }
  const auto start = std::chrono::steady_clock::now();
  while (waitpid(child, nullptr, WNOHANG) == 0) {
    silence.of(0);
    std::this_thread::sleep_for(10ms);
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  EXPECT_GT(passed.count(), 5);
  EXPECT_LT(silence.of(0), passed.count() - 1.5);
}

}  // namespace
}  // namespace lorahub::workers
