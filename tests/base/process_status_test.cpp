#include "base/process_status.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace lorahub::base {
namespace {

TEST(ProcessStatus, OfAProcessThatWaitsAndOfOneThatHasEnded) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NAME, "a) S 1 (b");  // looks like the fields behind a name
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, WUNTRACED);
  const ProcessStatus stopped = process_status(child);
  EXPECT_EQ(stopped.name, "a) S 1 (b");
  EXPECT_EQ(stopped.state, 'T');
  EXPECT_EQ(stopped.parent, ::getpid());
  EXPECT_GE(std::stoll(stopped.start), std::stoll(process_status(::getpid()).start));
  EXPECT_TRUE(stopped.lives());

  ::kill(child, SIGKILL);
  siginfo_t ended;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(process_status(child).state, 'Z');
  EXPECT_FALSE(process_status(child).lives());

  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(process_status(child).state, 0);
  EXPECT_FALSE(process_status(child).lives());
}

}  // namespace
}  // namespace lorahub::base
