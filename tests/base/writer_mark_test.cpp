#include "base/writer_mark.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lorahub::base {
namespace {

std::string mark_of(pid_t process) {
  const std::string own = writer_mark();
  return own.substr(0, own.find('-') + 1) + std::to_string(process) + "-1";
}

TEST(WriterMark, IsAnotherOneAtEachCall) { EXPECT_NE(writer_mark(), writer_mark()); }

TEST(WriterMark, TellsWhoIsGone) {
  EXPECT_FALSE(is_writer_gone(writer_mark()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended;
  ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  EXPECT_TRUE(is_writer_gone(mark_of(child))) << "a process that has ended, which nobody asked for";
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(is_writer_gone(mark_of(child)));
  EXPECT_TRUE(is_writer_gone(mark_of(child) + ".tmp"));
}

TEST(WriterMark, OfAnotherHostOrOfNobodyIsLeftAlone) {
  for (const char* mark : {"", "mine", "zzzzzzzz-1-1", "-1-1"})
    EXPECT_FALSE(is_writer_gone(mark)) << mark;
  EXPECT_FALSE(is_writer_gone(mark_of(0)));
}

}  // namespace
}  // namespace lorahub::base
