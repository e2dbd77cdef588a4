#include "base/streams.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

// What a child process returns, or 128 and the signal that ended it.
int child_result(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(Streams, ThatAreClosedTakeNoNumberAwayFromAFile) {
  EXPECT_EQ(child_result([] {
              for (const int number : {0, 1, 2}) ::close(number);
              open_standard_streams();
              return ::open("/dev/null", O_RDONLY) > 2 ? 7 : 0;
            }),
            7);
}

// It would be lost unseen if it went to /dev/null.
TEST(Streams, AClosedOutputFailsWhenItIsWritten) {
  EXPECT_EQ(child_result([] {
              ::close(STDOUT_FILENO);
              open_standard_streams();
              return ::write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF ? 7 : 0;
            }),
            7);
}

TEST(Streams, ThatAreOpenStayWhatTheyAre) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  EXPECT_EQ(child_result([&] {
              ::dup2(pipe[1], STDOUT_FILENO);
              open_standard_streams();
              return ::write(STDOUT_FILENO, "kept", 4) == 4 ? 7 : 0;
            }),
            7);
  char text[4] = {};
  EXPECT_EQ(::read(pipe[0], text, sizeof text), 4);
  EXPECT_EQ(std::string(text, 4), "kept");
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(Streams, APipeWhoseReaderLeftEndsNothing) {
  const auto write_to_it = [](int stream) {
    return child_result([stream] {
      int pipe[2];
      if (::pipe(pipe) != 0) return 1;
      ::close(pipe[0]);
      ::dup2(pipe[1], stream);
      open_standard_streams();
      std::FILE* const file = stream == STDERR_FILENO ? stderr : stdout;
      std::fprintf(file, "lost\n");
      return std::fflush(file) == 0 ? 7 : errno == EPIPE ? 8 : 0;
    });
  };
  EXPECT_EQ(write_to_it(STDERR_FILENO), 7) << "errors that nobody reads are dropped";
  EXPECT_EQ(write_to_it(STDOUT_FILENO), 8) << "results are not";
}

TEST(Output, ThatCannotBeWrittenIsAnErrorWithTheReason) {
  EXPECT_EQ(child_result([] {
              const int full = ::open("/dev/full", O_WRONLY);
              ::dup2(full, STDOUT_FILENO);
              std::printf("result");
              try {
                flush_output();
              } catch (const Error& error) {
                return std::string(error.what()) == output_lost("No space left on device") ? 7 : 1;
              }
              return 0;
            }),
            7);
}

TEST(Output, ThatFailedEarlierIsAnErrorToo) {
  EXPECT_EQ(child_result([] {
              ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
              std::printf("result");
              std::fflush(stdout);
              ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
              try {
                flush_output();
              } catch (const Error&) {
                return 7;
              }
              return 0;
            }),
            7);
}

TEST(Output, ThatIsWrittenIsNone) {
  EXPECT_EQ(child_result([] {
              ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
              std::printf("result");
              flush_output();
              return 7;
            }),
            7);
}

}  // namespace
}  // namespace lorahub::base
