#include "base/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace lorahub::base {
namespace {

// Standard error while it is no terminal.
std::string shown(bool quiet, double done) {
  testing::internal::CaptureStderr();
  {
    Progress progress(quiet);
    progress.show(done, "trial 1");
    progress.show(1, "trial 2");  // less than 5 s later
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, OffATerminalItIsALineNowAndThen) {
  EXPECT_EQ(shown(false, 0), "  0% trial 1\n");
  EXPECT_EQ(shown(false, -3), "trial 1\n");  // it is not known how much there is
  EXPECT_EQ(shown(false, 0.5), " 50% trial 1\n");
}

TEST(Progress, TimeLeftIsOfTheWorkThatWasSeen) {
  TimeLeft left;
  EXPECT_LT(left.seconds(0.6, 100), 0);  // it goes on from a checkpoint: no speed is known
  EXPECT_LT(left.seconds(0.605, 103), 0);
  EXPECT_NEAR(left.seconds(0.7, 110), 30, 1e-9);  // a tenth in 10 s, three are left
  EXPECT_LT(left.seconds(1, 140), 0);
  EXPECT_LT(left.seconds(0, 200), 0);  // the next part
  EXPECT_NEAR(left.seconds(0.5, 204), 4, 1e-9);
}

TEST(Progress, ShortWorkOffATerminalMaySayNothing) {
  testing::internal::CaptureStderr();
  Progress(false, FirstLine::after_a_while).show(0.5, "row 1");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// What begins is said before and beside the lines that come now and then.
TEST(Progress, WorkThatBeginsIsSaidAtOnce) {
  testing::internal::CaptureStderr();
  {
    Progress progress(false);
    progress.begin(0, "reading");
    progress.begin(0, "trying");
    progress.show(0.005, "first step");
    progress.begin(1, "answering");  // less than 5 s after a line
  }
  {
    Progress progress(false);
    progress.begin(1, "answering");  // nothing is left of what was counted
  }
  Progress(true).begin(0, "reading");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "  0% reading\n  0% trying\n  0% first step\n100% answering\n");
}

// What came before counts for nothing in how long the work that begins still takes.
TEST(Progress, WorkThatBeginsHasASpeedOfItsOwn) {
  testing::internal::CaptureStderr();
  Progress progress(false);
  progress.begin(0, "reading");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  progress.begin(0, "searching");
  progress.show(0.1, "step");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),  // with the 1.5 s before it: 14 s
              testing::MatchesRegex("  0% reading\n  0% searching\n 10% step, [0-9] s left\n"));
}

TEST(Progress, NoBarIsErasedOffATerminal) {
  testing::internal::CaptureStderr();
  erase_bar();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, QuietIsSilent) { EXPECT_EQ(shown(true, 0.5), ""); }

}  // namespace
}  // namespace lorahub::base
