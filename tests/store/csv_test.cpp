#include "store/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/files.hpp"
#include "store/samples.hpp"

namespace lorahub::store {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class Csv : public testing::Test {
 protected:
  void SetUp() override {
    write_hdf5(folder_ / "quick.h5", samples::history(), samples::planned());
    names_ = export_csv(folder_ / "quick.h5", folder_ / "csv");
  }
  std::string read(const std::string& name) { return base::read_file(folder_ / "csv" / name); }

  samples::Folder folder_;
  std::vector<std::string> names_;
};

TEST_F(Csv, OneFileATable) {
  for (const char* name : {"runs.csv", "evaluations.csv", "answers.csv", "weights.csv", "shots.csv",
                           "headers_starts.csv", "headers_environment.csv", "columns.csv"}) {
    EXPECT_THAT(names_, Contains(name));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "csv" / name)) << name;
  }
}

TEST_F(Csv, NumbersAreExactAndWhatIsMissingIsEmpty) {
  EXPECT_EQ(read("weights.csv"),
            "id,module,weight\r\n"
            "1a5e1876d96499f6,a,0.5\r\n"
            "1a5e1876d96499f6,b_mödule,-0.25\r\n");
  EXPECT_THAT(read("evaluations.csv"), HasSubstr("1a5e1876d96499f6,1,1,inf\r\n"
                                                 "1a5e1876d96499f6,2,0,\r\n"));
  EXPECT_THAT(read("shots.csv"), HasSubstr(",0.14285714285714285,"));  // 1/7
  EXPECT_THAT(read("runs.csv"), HasSubstr("3ee16ebf6a798557,missing,1,,E2,"));
}

TEST_F(Csv, TextsWithCommasQuotesAndLineBreaksAreQuoted) {
  EXPECT_THAT(read("answers.csv"), HasSubstr("1a5e1876d96499f6,1,0,no,\"\"\"\n☃\","));
}

TEST_F(Csv, SaysUnits) {
  EXPECT_THAT(read("columns.csv"), StartsWith("table,column,units,meaning,knob\r\n"));
  EXPECT_THAT(read("columns.csv"), HasSubstr("runs,accuracy,percent,"));
  EXPECT_THAT(read("columns.csv"), HasSubstr(",search.budget\r\n"));
  EXPECT_THAT(read("runs.csv"), HasSubstr(",search_budget,"));
}

TEST_F(Csv, RefusesWhatIsNoResultFile) {
  base::write_file(folder_ / "text.h5", "no");
  EXPECT_THROW(export_csv(folder_ / "text.h5", folder_ / "other"), base::Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other"));
}

}  // namespace
}  // namespace lorahub::store
