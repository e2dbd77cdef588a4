#include <gmock/gmock.h>

#include <fstream>

#include "base/check.hpp"
#include "task/task.hpp"

namespace lorahub::task {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ReadExamples : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    file_ = std::filesystem::path(testing::TempDir()) / ("read_" + test + ".jsonl");
    std::ofstream(file_, std::ios::binary) << text;
    return file_;
  }
  std::string error(const std::string& text, Targets targets = Targets::required) {
    try {
      read_examples(write(text), targets);
    } catch (const base::Error& e) {
      return e.what();
    }
    return "no error";
  }
  void TearDown() override { std::filesystem::remove(file_); }
  std::filesystem::path file_;
};

TEST_F(ReadExamples, TakesTheThreeKindsOfLines) {
  EXPECT_THAT(read_examples(write("{\"context\":\"a\\nb\",\"completion\":\"c\"}\n"
                                  "{\"target\":\"y\",\"input\":\"x\",\"id\":3}\r\n\n"
                                  "{\"inputs\":\"\\u00e9\",\"targets\":\"\"}")),
              ElementsAre(Example{"a\nb", "c"}, Example{"x", "y"}, Example{"é", ""}));
}

TEST_F(ReadExamples, TakesOneLineAndAByteOrderMark) {
  EXPECT_THAT(read_examples(write("\xEF\xBB\xBF{\"input\":\"x\",\"target\":\"y\"}")),
              ElementsAre(Example{"x", "y"}));
}

TEST_F(ReadExamples, TakesBbhsFile) {
  EXPECT_THAT(read_examples(write(
                  "{\n \"canary\": \"c\",\n \"examples\": [\n {\"input\":\"x\",\"target\":\"y\"},\n"
                  " {\"input\":\"z\",\"target\":\"w\"}]}\n")),
              ElementsAre(Example{"x", "y"}, Example{"z", "w"}));
  EXPECT_EQ(read_examples(SOURCE_DIR "/configs/tasks/bbh/snarks.json").size(), 178u);
}

TEST_F(ReadExamples, TargetsMayBeAbsentWhereAllowed) {
  EXPECT_THAT(read_examples(write("{\"input\":\"x\"}\n{\"input\":\"y\",\"target\":null}"),
                            Targets::optional),
              ElementsAre(Example{"x", ""}, Example{"y", ""}));
  EXPECT_THAT(error("{\"input\":\"a\",\"target\":\"b\"}\n{\"input\":\"x\"}"),
              AllOf(HasSubstr(".jsonl:2: \"target\" is missing"), HasSubstr("write")));
}

TEST_F(ReadExamples, NamesFileAndLineOfAMalformedRow) {
  const std::string good = "{\"input\":\"a\",\"target\":\"b\"}\n";
  EXPECT_THAT(error(good + "\n{\"input\": oops}\n"),
              AllOf(HasSubstr(file_.string() + ":3:"), HasSubstr("JSON")));
  EXPECT_THAT(error(good + "[1, 2]"), HasSubstr(":2: the row is no JSON object"));
  EXPECT_THAT(error(good + "{\"prompt\":\"x\"}"), HasSubstr(":2: the row has no input"));
  EXPECT_THAT(error(good + "{\"input\":7,\"target\":\"b\"}"),
              HasSubstr(":2: \"input\" is no text"));
  EXPECT_THAT(error(good + "{\"input\":\"x\",\"target\":5}"),
              HasSubstr(":2: \"target\" is no text"));
  EXPECT_THAT(error(good + "{\"input\":\"\xff\",\"target\":\"b\"}"), HasSubstr(":2:"));  // no UTF-8
  EXPECT_THAT(error(good + good.substr(0, 12)), HasSubstr(":2:"));                       // cut off
}

TEST_F(ReadExamples, NamesThePlaceInASpoiltBbhFile) {
  EXPECT_THAT(error("{\"examples\": [\n{\"input\":\"x\",\"target\":\"y\"},\n{\"input\" \"z\"}]}"),
              HasSubstr(":3:"));
  EXPECT_THAT(error("{\"examples\": [{\"input\":\"x\",\"target\":\"y\"}, {\"input\":\"z\"}]}"),
              HasSubstr("example 1 of \"examples\" (counted from 0): \"target\" is missing"));
  EXPECT_THAT(error("{\"examples\": 3}"), HasSubstr("no list"));
}

TEST_F(ReadExamples, RefusesAnEmptyOrMissingFile) {
  EXPECT_THAT(error(""), HasSubstr("no examples"));
  EXPECT_THAT(error("\n \n"), HasSubstr("no examples"));
  EXPECT_THAT(error("{\"examples\": []}"), HasSubstr("no examples"));
  EXPECT_THROW(read_examples("/nowhere/at/all.jsonl"), base::Error);
}

}  // namespace
}  // namespace lorahub::task
