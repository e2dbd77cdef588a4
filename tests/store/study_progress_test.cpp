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

ShardHistory named(const std::string& shard, std::vector<std::string> planned, History history) {
  ShardHistory one = journal(shard, std::to_string(planned.size()), std::move(history));
  one.history.headers[0].planned = std::move(planned);
  return one;
}

History with_done(const std::vector<std::string>& ids) {
  History history;
  for (const std::string& id : ids) history.finished[id].timing.search = 1;
  return history;
}

TEST(StudyProgress, CountsTheTrialsOfTheLastPlanAlone) {
  const StudyProgress less =
      progress({named("", {"a", "b", "f"}, with_done({"a", "b", "c", "d"}))});
  EXPECT_EQ(less.planned, 3U);
  EXPECT_EQ(less.done, 2U);
  EXPECT_EQ(less.unplanned, 2U);
  EXPECT_EQ(less.missing(), 1U) << "f";
  EXPECT_EQ(less.each(), 1) << "of all that are done";
  History other = with_done({});
  other.failed = {{"a", "why"}, {"z", "why"}};
  other.started = {{"b", 1}, {"y", 1}};
  const StudyProgress none = progress({named("", {"a", "b"}, other)});
  EXPECT_EQ(none.failed, 1U);
  EXPECT_EQ(none.begun, 1U);
}

TEST(StudyProgress, CountsATrialOnceWhereverItHasEnded) {
  const ShardHistory first = named("1-of-2", {"a", "c"}, with_done({"a", "c"}));
  const ShardHistory second = named("2-of-2", {"b"}, with_done({"b"}));
  History again = with_done({"a"});  // in an older folder
  again.failed = {{"b", "why"}};
  ShardHistory whole = named("", {"a", "b", "c"}, again);
  whole.history.headers[0].started_utc = "2030-01-01T00:00:00Z";
  const StudyProgress sum = progress({whole, first, second});
  EXPECT_EQ(sum.planned, 3U);
  EXPECT_EQ(sum.done, 3U);
  EXPECT_EQ(sum.failed, 0U);
  EXPECT_EQ(sum.unplanned, 0U);
}

TEST(StudyProgress, IsOfThePlanThatWasStartedLast) {
  ShardHistory whole = named("", {"a", "b", "c"}, {});
  ShardHistory shard = named("1-of-2", {"d"}, {});
  shard.history.headers[0].started_utc = "2030-01-01T00:00:00Z";
  StudyProgress sum = progress({whole, shard});
  EXPECT_EQ(sum.planned, 1U);
  EXPECT_FALSE(sum.is_whole);
  add_submitted(2, "2029-01-01T00:00:00Z", sum);
  EXPECT_EQ(sum.planned, 2U) << "the other shard has not begun";
  whole.history.headers[0].started_utc = "2031-01-01T00:00:00Z";
  sum = progress({whole, shard});
  add_submitted(9, "2029-01-01T00:00:00Z", sum);
  EXPECT_EQ(sum.planned, 3U) << "a later start had another plan than the job";
  add_submitted(9, "2032-01-01T00:00:00Z", sum);
  EXPECT_EQ(sum.planned, 9U) << "the job has not begun";
}

// An older version counted what it planned, and did not name it.
TEST(StudyProgress, NeverHasMoreDoneThanPlanned) {
  EXPECT_EQ(progress({journal("", "3", with_done({"a", "b", "c", "d", "e"}))}).planned, 5U);
}

}  // namespace
}  // namespace lorahub::store
