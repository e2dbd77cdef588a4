#include "base/wait_ready.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>

#include "base/fault.hpp"

namespace lorahub::base {
namespace {

class WaitReady : public testing::Test {
 protected:
  WaitReady() { EXPECT_EQ(::pipe(pipe_.data()), 0); }
  ~WaitReady() override {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  std::array<pollfd, 1> reading() const {
    return {pollfd{.fd = pipe_[0], .events = POLLIN, .revents = 0}};
  }
  std::array<int, 2> pipe_{};
};

TEST_F(WaitReady, IsFalseWhereNothingCame) {
  auto waited = reading();
  EXPECT_FALSE(wait_ready(waited, 1, "The pipe"));
}

TEST_F(WaitReady, IsTrueOnceThereIsSomethingToRead) {
  ASSERT_EQ(::write(pipe_[1], "x", 1), 1);
  auto waited = reading();
  EXPECT_TRUE(wait_ready(waited, 60'000, "The pipe"));
  EXPECT_TRUE(waited[0].revents & POLLIN);
}

// poll() refuses more descriptors than the limit of open files, even where all are open.
TEST_F(WaitReady, ALimitBelowWhatIsOpenIsTheMachinesFault) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  std::string sentence;
  try {
    auto waited = reading();
    wait_ready(waited, 1, "The pipe");
  } catch (const MachineFault& fault) {
    sentence = fault.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(sentence, testing::HasSubstr("The pipe can't be waited for: Too many open files"));
}

}  // namespace
}  // namespace lorahub::base
