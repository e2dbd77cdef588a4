// Searches that end before their budget is spent.
#include "run/small_study.hpp"

namespace lorahub {
namespace {

std::string study_of(const std::string& more) {
  return R"(question: Does it end?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 4, search.budget: 400, search.population: 8, max_tokens: 8, task: E1_isa_letter, seed: 1, )" +
         more + "}\nvary: {search.recommend: [best, mean]}\n";
}

std::vector<store::Record> records_of(const std::filesystem::path& folder) {
  std::vector<store::Record> all;
  for (const auto& journal : journals(folder))
    for (const auto& [id, record] : store::read_journal(journal).finished) all.push_back(record);
  return all;
}

// The file is whole: `check` counts what was evaluated, and `report` makes its curves.
void expect_read(const std::filesystem::path& folder) {
  for (const std::string command : {"check out/out.h5", "report out"}) {
    const Ended read = run_command("cd " + quoted(folder) + " && " PROGRAM " " + command);
    EXPECT_EQ(read.code, 0) << command << read.out << read.err;
  }
}

// No loss is a hundred nats from another one, so that ten generations are flat.
TEST(StoppedSearch, WhereLossesAreFlatItEndsToTheSameBitsForAnyRanks) {
  const auto folder = fresh_folder("flat"), three = fresh_folder("flat_of_three");
  for (const auto& each : {folder, three}) write_study(each, study_of("search.stop: 100"));
  ASSERT_EQ(run_study(folder, "").code, 0);
  ASSERT_EQ(run_study(three, "mpirun -np 3").code, 0);
  EXPECT_EQ(payload(folder), payload(three));
  const std::vector<store::Record> records = records_of(folder);
  ASSERT_EQ(records.size(), 2U);
  for (const store::Record& record : records) {
    EXPECT_EQ(record.counts.evaluations, 80);
    EXPECT_EQ(record.generations.size(), 10U);
  }
  expect_read(folder);
}

// The time is over when the first generation has ended. Two trials of one search share nothing.
TEST(StoppedSearch, AfterItsTimeItBeginsNoGeneration) {
  const auto folder = fresh_folder("timed");
  write_study(folder, study_of("search.time: 0.0001s"));
  ASSERT_EQ(run_study(folder, "").code, 0);
  const std::vector<store::Record> records = records_of(folder);
  ASSERT_EQ(records.size(), 2U);
  for (const store::Record& record : records) EXPECT_EQ(record.counts.evaluations, 8);
  expect_read(folder);
}

}  // namespace
}  // namespace lorahub
