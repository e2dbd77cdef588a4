#include "base/progress.hpp"

#include <gtest/gtest.h>

#include <string>

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
  EXPECT_EQ(shown(false, 0.5).substr(0, 13), " 50% trial 1,");
}

TEST(Progress, ShortWorkOffATerminalMaySayNothing) {
  testing::internal::CaptureStderr();
  Progress(false, FirstLine::after_a_while).show(0.5, "row 1");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, QuietIsSilent) { EXPECT_EQ(shown(true, 0.5), ""); }

}  // namespace
}  // namespace lorahub::base
