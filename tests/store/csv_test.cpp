#include "store/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "base/check.hpp"
#include "base/files.hpp"
#include "store/digest.hpp"
#include "store/samples.hpp"

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
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

// A file with the right digest whose table /runs says other things of its columns.
class CsvOfForgedColumns : public Csv {
 protected:
  std::string refusal(const std::string& columns) {
    const std::filesystem::path file = folder_ / "quick.h5";
    const hid_t open = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t table = H5Dopen2(open, "runs", H5P_DEFAULT);
    H5Adelete(table, "columns");
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, columns.size());
    const hid_t attribute = H5Acreate2(table, "columns", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, columns.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(table);
    H5Fclose(open);
    std::string bytes = base::read_file(file);
    const std::string unsealed = unsealed_digest();
    const size_t digest = bytes.find(unsealed.substr(0, unsealed.find(':') + 1));
    seal(bytes.replace(digest, unsealed.size(), unsealed));
    base::write_file(file, bytes);
    return samples::message_of([&] { export_csv(file, folder_ / "forged"); });
  }
};

TEST_F(CsvOfForgedColumns, AreRefusedWithTheNameOfTheFile) {
  for (const std::string columns :
       {"no JSON", "[]", "{\"id\": 1}", "{\"id\": {\"units\": \"\"}}",
        "{\"id\": {\"units\": 3, \"long_name\": \"\"}}",
        "{\"id\": {\"units\": \"\", \"long_name\": \"\", \"knob\": []}}"})
    EXPECT_THAT(refusal(columns), AllOf(HasSubstr("quick.h5"), HasSubstr("attribute columns"),
                                        HasSubstr(columns), Not(HasSubstr("json.exception"))));
  EXPECT_EQ(refusal("{\"id\": {\"units\": \"\", \"long_name\": \"a name\"}}"), "no Error");
}

TEST_F(Csv, RefusesWhatIsNoResultFile) {
  base::write_file(folder_ / "text.h5", "no");
  EXPECT_THROW(export_csv(folder_ / "text.h5", folder_ / "other"), base::Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other"));
}

}  // namespace
}  // namespace lorahub::store
