#include "store/paths.hpp"

#include <gmock/gmock.h>

namespace lorahub::store {
namespace {

TEST(Paths, ShardsAreToldByTheirNames) {
  EXPECT_EQ(shard_of("out/journal.ndj"), "");
  EXPECT_EQ(shard_of("out/journal-2-of-4.ndj"), "2-of-4");
  for (const char* other : {"journal-2-of-4.ndj.lock", "journal-.ndj", "journal-a-of-b.ndj",
                            "journal-1-of-99999999999.ndj", "x.ndj", "journal-0-of-2.ndj"})
    EXPECT_EQ(shard_of(other), std::nullopt) << other;
  EXPECT_EQ(count_of("2-of-4"), "4");
  EXPECT_EQ(count_of(""), "") << "and not as that of 1-of-1, which has a journal of its own";
}

TEST(Paths, AJournalTellsItsShard) {
  EXPECT_EQ(journal_file("out", ""), "out/journal.ndj");
  EXPECT_EQ(journal_file("out", shard_name(2, 4)), "out/journal-2-of-4.ndj");
  for (const std::string& shard : {std::string(), shard_name(1, 1), shard_name(17, 100)}) {
    const base::Path journal = journal_file("out", shard);
    EXPECT_EQ(shard_of(journal), shard);
    EXPECT_EQ(journal_of_lock(lock_file(journal)), journal);
    EXPECT_EQ(shard_of(lock_file(journal)), std::nullopt);
    EXPECT_EQ(journal_of_lock(journal), std::nullopt);
  }
}

TEST(Paths, AResultFileHasTheNameOfItsFolder) {
  EXPECT_EQ(result_file("results/x", ""), "results/x/x.h5");
  EXPECT_EQ(result_file("results/x/", "2-of-4"), "results/x/x-2-of-4.h5");
  const std::string here = std::filesystem::current_path().filename().string();
  EXPECT_EQ(result_file(".", ""), "./" + here + ".h5");
}

TEST(Paths, TheOthers) {
  EXPECT_EQ(begin_lock_file("out"), "out/begin.lock");
  EXPECT_EQ(begin_lock_file(""), "./begin.lock");
  EXPECT_EQ(journal_of_lock(begin_lock_file("out")), "out/begin") << "no journal has this name";
  EXPECT_EQ(shard_of("out/begin"), std::nullopt);
  EXPECT_EQ(log_file(log_folder("out"), 3), "out/log/rank3.log");
  EXPECT_EQ(csv_folder("out") / csv_name("headers/starts"), "out/csv/headers_starts.csv");
  EXPECT_EQ(crate_file("out"), "out/ro-crate-metadata.json");
}

TEST(Paths, TemporaryFilesAreKnown) {
  EXPECT_TRUE(is_temporary(set_aside("out/begin.lock", 12)));
  EXPECT_EQ(set_aside("out/begin.lock", 12), "out/begin.lock.12.tmp");
  EXPECT_TRUE(is_temporary(clock_pattern("out")));
  EXPECT_EQ(clock_pattern("out").substr(clock_pattern("out").size() - kClockSuffix), ".tmp");
  EXPECT_FALSE(is_temporary(journal_file("out", "")));
}

}  // namespace
}  // namespace lorahub::store
