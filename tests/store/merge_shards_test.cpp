#include "store/merge_shards.hpp"

#include <gmock/gmock.h>

#include "samples.hpp"
#include "store/same_inputs.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::message_of;
using testing::AllOf;
using testing::HasSubstr;

void write(const std::filesystem::path& file, int seed, const Inputs& inputs) {
  Journal journal(file);
  journal.header(samples::header());
  Record record = samples::record("", "E1", seed);
  record.knobs.emplace_back("model", "mini");
  record.trial = study::id_of_columns(record.knobs);
  journal.start(record.trial, inputs);
  journal.finish(record);
}

TEST(ResultsFolder, TwoTrialsOfTwoShardsWithOtherModelsAreRefused) {
  const Folder folder;
  write(folder / "journal-1-of-2.ndj", 1, {{"model", base::sha256("old")}});
  write(folder / "journal-2-of-2.ndj", 2, {{"model", base::sha256("old")}});
  const auto check = [&] {
    SameInputs seen;
    check_same_inputs(read_journals(folder / ""), {}, seen);
  };
  EXPECT_EQ(message_of(check), "no Error");
  write(folder / "journal.ndj", 3, {{"model", base::sha256("new")}});
  EXPECT_THAT(message_of(check), AllOf(HasSubstr("model mini ("), HasSubstr("journal-1-of-2.ndj"),
                                       HasSubstr("journal.ndj"), HasSubstr("--out")));
}

TEST(ResultsFolder, AnotherStudyIsRefusedWhateverItsJournal) {
  const Folder folder;
  write(folder / "journal-1-of-2.ndj", 1, {});
  EXPECT_EQ(message_of([&] { check_study(read_journals(folder / ""), "quick"); }), "no Error");
  EXPECT_THAT(message_of([&] { check_study(read_journals(folder / ""), "slow"); }),
              HasSubstr("holds results of the study 'quick'"));
}

TEST(ResultsFolder, MergedTrialsSayWhichStartMadeThem) {
  const Folder folder;
  for (int i = 1; i <= 2; ++i) write(folder / base::format("journal-{}-of-2.ndj", i), i, {});
  const History all = merged(read_journals(folder / ""));
  EXPECT_EQ(all.headers.size(), 2U);
  std::vector<size_t> starts;
  for (const auto& [id, record] : all.finished)
    starts.push_back(all.made_by.at(id) + (record.knobs[6].second == "1" ? 10 : 20));
  EXPECT_THAT(starts, testing::UnorderedElementsAre(10, 21));
}

}  // namespace
}  // namespace lorahub::store
