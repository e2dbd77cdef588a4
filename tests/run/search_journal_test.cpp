#include "run/search_journal.hpp"

#include <gtest/gtest.h>

#include "process.hpp"
#include "study/trial.hpp"

namespace lorahub::run {
namespace {

namespace fs = std::filesystem;

class SearchJournalTest : public testing::Test {
 protected:
  // Evaluates a generation of two candidates; how often the losses were computed is counted.
  search::Losses evaluate(SearchJournal& journal, double first) {
    const search::Evaluate computed = [this](const search::Population&) {
      ++computed_;
      return search::Evaluation({0.1 + computed_, 1.0 / 3});
    };
    return journal.recorded(computed)({.dim = 1, .weights = {first, 0.2}}).losses;
  }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  int computed_ = 0;
  fs::path folder_ = fresh_folder("search_journal");
};

TEST_F(SearchJournalTest, WhatIsRecordedIsNotComputedAgain) {
  search::Losses first;
  {
    SearchJournal journal(folder_, "0123456789abcdef");
    first = evaluate(journal, 0.1);
  }
  SearchJournal again(folder_, "0123456789abcdef");
  EXPECT_EQ(evaluate(again, 0.1), first);  // the same bits
  EXPECT_EQ(computed_, 1);
}

TEST_F(SearchJournalTest, AnotherSearchHasLossesOfItsOwn) {
  {
    SearchJournal journal(folder_, "0123456789abcdef");
    evaluate(journal, 0.1);
  }
  SearchJournal other(folder_, "fedcba9876543210");
  evaluate(other, 0.1);
  EXPECT_EQ(computed_, 2);
}

TEST_F(SearchJournalTest, TheKeyIsOfEverythingThatTheLossesDependOn) {
  const study::Trial trial;
  study::Trial seeded = trial;
  seeded.seed.search = 7;
  const store::Inputs inputs{{"model", "a"}}, others{{"model", "b"}};
  const std::string key = search_key(trial, inputs, "loss batch 0");
  EXPECT_EQ(key, search_key(trial, inputs, "loss batch 0"));
  EXPECT_NE(key, search_key(seeded, inputs, "loss batch 0"));
  EXPECT_NE(key, search_key(trial, others, "loss batch 0"));
  EXPECT_NE(key, search_key(trial, inputs, "loss batch 2"));
}

TEST_F(SearchJournalTest, NothingOfItIsLeftOnceItIsRemovedAndNothingElseGoes) {
  for (const char* key : {"0123456789abcdef", "fedcba9876543210"})
    SearchJournal journal(folder_, key);
  std::ofstream(folder_ / "README.md") << "kept";
  EXPECT_GT(files(), 2U);
  SearchJournal::remove_all(folder_);
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(fs::exists(folder_ / "README.md"));
}

}  // namespace
}  // namespace lorahub::run
