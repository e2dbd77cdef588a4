#include "store/check_times.hpp"

#include <gmock/gmock.h>

#include "samples.hpp"

namespace lorahub::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kNow = "2026-02-01T00:00:00Z";

struct Found {
  Problems problems, notes;
};

Found found(const CheckedContent& content) {
  Found all;
  check_times(content, kNow, all.problems, all.notes);
  return all;
}

Found of_starts(std::vector<StartTime> times) {
  CheckedContent content;
  content.start_times = std::move(times);
  return found(content);
}

TEST(CheckTimes, HonestOnesPass) {
  const Found all = of_starts({{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"},
                               {"2026-01-31T11:59:30Z", ""},
                               {"2026-02-01T00:00:30Z", ""}});
  EXPECT_THAT(all.problems, IsEmpty());
  EXPECT_THAT(all.notes, IsEmpty());
}

TEST(CheckTimes, ClocksThatWereWrongAreAWordAndNoProblem) {
  const Found all =
      of_starts({{"2026-01-31T12:00:00Z"}, {"2026-01-30T12:00:00Z"}, {"2030-01-01T00:00:00Z"}});
  EXPECT_THAT(all.problems, IsEmpty());
  EXPECT_THAT(
      all.notes,
      ElementsAre(HasSubstr("start 1 began at 2026-01-30T12:00:00Z, before start 0"),
                  HasSubstr("start 2 began at 2030-01-01T00:00:00Z, which has not come yet")));
}

TEST(CheckTimes, TextsThatNoRunWritesAreProblems) {
  for (const char* text : {"", "yesterday", "2026-01-31 12:00:00", "2026-01-31T12:00:00Zx"})
    EXPECT_THAT(of_starts({{text, ""}}).problems, ElementsAre(HasSubstr("which is no time")))
        << text;
  EXPECT_THAT(
      of_starts({{"2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z"}}).problems,
      ElementsAre(HasSubstr("start 0 began at 2026-01-31T12:00:00Z (/headers/starts) and at")));
}

TEST(CheckTimes, ATrialThatTookLongerThanSinceItsStartIsAWord) {
  CheckedContent content;
  content.start_times = {{"2026-01-31T23:00:00Z", ""}};
  content.starts = {{"a", 0}, {"b", 0}};
  content.results.rows = {{.id = "a", .status = "done", .timing = {.search = 3600}},
                          {.id = "b", .status = "done", .timing = {.load = 3600, .answer = 3600}}};
  EXPECT_THAT(found(content).notes, ElementsAre(HasSubstr("trial b took 2 h 0 min, and start 0")));
  EXPECT_THAT(found(content).problems, IsEmpty());
}

// What is written is what is read.
TEST(CheckTimes, AreThoseOfTheFile) {
  const samples::Folder folder;
  History h = samples::complete();
  h.headers[0].environment["started_utc"] = h.headers[0].started_utc;
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {}).problems, IsEmpty());
  h.headers[0].environment["started_utc"] = "2026-01-31T12:00:09Z";
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {}).problems, ElementsAre(HasSubstr("start 0 began at")));
  h.headers[0].started_utc = h.headers[0].environment["started_utc"] = "2999-01-31T12:00:00Z";
  write_hdf5(folder / "x.h5", h, samples::complete_plan());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {}).problems, IsEmpty());
  EXPECT_THAT(check_hdf5(folder / "x.h5", {}).notes,
              testing::Contains(HasSubstr("which has not come yet")));
}

}  // namespace
}  // namespace lorahub::store
