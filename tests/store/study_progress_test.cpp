#include "store/study_progress.hpp"

#include <gmock/gmock.h>

#include "samples.hpp"

namespace lorahub::store {
namespace {

ShardHistory journal(const std::string& shard, const std::string& planned, History history) {
  history.headers = {samples::header()};
  history.headers[0].environment["trials"] = planned;
  return {.file = "out/journal.ndj", .shard = shard, .history = std::move(history)};
}

// One fault in the trial that is done, one in the trial that runs; two causes of which one is
// twice.
TEST(StudyProgress, CountsFaultsOfTrialsThatAreDoneAndThatRun) {
  History history = samples::history();
  history.told.begin()->second[2].faults[0].cause = "the loss\nis \x1b[31mnot a number";
  history.finished["494c392cb91c00d0"].generations = samples::generations(2);
  const StudyProgress sum = progress({journal("", "5", history)});
  EXPECT_EQ(sum.faults, 3U);
  EXPECT_THAT(sum.causes, testing::SizeIs(2));
  for (const std::string& cause : sum.causes)
    EXPECT_EQ(cause.find_first_of("\n\x1b"), std::string::npos) << cause;
  EXPECT_EQ(sum.planned, 5U);
  EXPECT_EQ(sum.done, 2U);
  EXPECT_EQ(sum.failed, 1U);
  EXPECT_EQ(sum.begun, 1U);
  EXPECT_EQ(sum.missing(), 2U);
  EXPECT_EQ(progress({journal("", "5", samples::complete())}).faults, 1U);
}

TEST(StudyProgress, AddsThePlansOfShardsAndNotThoseOfOneRunAfterThem) {
  const ShardHistory first = journal("1-of-2", "3", {}), second = journal("2-of-2", "2", {});
  EXPECT_EQ(progress({first, second}).planned, 5U);
  EXPECT_EQ(progress({first, second, journal("", "6", {})}).planned, 6U);
  EXPECT_EQ(progress({journal("", "4", {})}).planned, 4U);
}

}  // namespace
}  // namespace lorahub::store
