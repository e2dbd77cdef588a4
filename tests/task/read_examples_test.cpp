#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/check.hpp"
#include "task/row_reader.hpp"
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
  std::string error(const std::string& text, Targets targets = Targets::required,
                    const Columns& columns = {}) {
    try {
      read_examples(write(text), {.targets = targets, .columns = columns});
    } catch (const base::Error& e) {
      return e.what();
    }
    return "no error";
  }
  // Of a row that no command may read by half: with and without its target.
  void expect_refused(const std::string& row, const testing::Matcher<std::string>& message) {
    EXPECT_THAT(error(row), message) << row;
    EXPECT_THAT(error(row, Targets::optional), message) << row;
  }
  void TearDown() override { std::filesystem::remove(file_); }
  std::filesystem::path file_;
};

TEST_F(ReadExamples, TakesTheKindsOfLines) {
  EXPECT_THAT(read_examples(write("{\"context\":\"a\\nb\",\"completion\":\"c\"}\n"
                                  "{\"target\":\"y\",\"input\":\"x\",\"id\":3}\r\n\n"
                                  "{\"inputs\":\"\\u00e9\",\"targets\":\"\"}\n"
                                  "{\"input\":\"x\",\"output\":\"y\"}\n"
                                  "{\"prompt\":\"p\",\"completion\":\"c\"}\n"
                                  "{\"question\":\"q\",\"answer\":\"a\"}")),
              ElementsAre(Example{"a\nb", "c"}, Example{"x", "y"}, Example{"é", ""},
                          Example{"x", "y"}, Example{"p", "c"}, Example{"q", "a"}));
}

TEST_F(ReadExamples, AnInstructionIsFollowedByItsInput) {
  const std::string rows =
      "{\"instruction\":\"i\",\"input\":\"x\",\"output\":\"y\"}\n"
      "{\"instruction\":\"i\",\"input\":\"\",\"output\":\"y\"}\n"
      "{\"instruction\":\"i\",\"output\":\"y\"}\n";
  EXPECT_THAT(read_examples(write(rows)),
              ElementsAre(Example{"i\n\nx", "y"}, Example{"i", "y"}, Example{"i", "y"}));
  EXPECT_THAT(read_examples(write("{\"instruction\":\"i\",\"input\":\"x\"}"), Targets::optional),
              ElementsAre(Example{"i\n\nx", ""}));
}

TEST_F(ReadExamples, RefusesTextThatWouldNotBeRead) {
  expect_refused("{\"context\":\"c\",\"input\":\"x\",\"target\":\"y\"}", HasSubstr("\"context\""));
  expect_refused("{\"instruction\":\"i\",\"input\":\"x\",\"target\":\"y\"}",
                 HasSubstr("\"target\""));
  expect_refused("{\"question\":\"q\",\"choices\":[\"a\",\"b\"],\"answer\":\"a\"}",
                 HasSubstr("\"choices\""));
  expect_refused("{\"input\":\"x\",\"target\":\"y\",\"hint\":{\"deep\":[{\"down\":\"text\"}]}}",
                 HasSubstr("\"hint\""));
  EXPECT_THAT(error("{\"id\":\"0\",\"context\":\"c\",\"question\":\"q\",\"answers\":{\"text\":"
                    "[\"a\"],\"answer_start\":[4]}}",
                    Targets::optional),
              AllOf(HasSubstr("\"context\""), HasSubstr("\"question\"")));
}

TEST_F(ReadExamples, RefusesTwoReadingsOfARow) {
  expect_refused("{\"prompt\":\"p\",\"context\":\"c\",\"completion\":\"y\"}",
                 AllOf(HasSubstr("\"context\""), HasSubstr("\"prompt\""), HasSubstr("--columns")));
  expect_refused("{\"input\":\"x\",\"target\":\"y\",\"output\":\"z\"}",
                 AllOf(HasSubstr("\"target\""), HasSubstr("\"output\"")));
  EXPECT_THAT(error("{\"instruction\":\"a\",\"context\":\"b\",\"response\":\"c\"}",
                    Targets::optional),  // no column is named that the row does not have
              AllOf(HasSubstr("both \"instruction\" and \"context\" could be the input"),
                    testing::EndsWith("say --columns input=instruction")));
}

TEST_F(ReadExamples, WhatDescribesARowMayStandBeside) {
  EXPECT_THAT(read_examples(write(
                  "{\"id\":\"7\",\"task\":\"t\",\"adapter\":\"m\",\"source\":\"s\",\"_from\":\"w\","
                  "\"score\":0.5,\"ids\":[1,2],\"kept\":true,\"none\":null,\"context\":\" \","
                  "\"input\":\"x\",\"target\":\"y\"}")),
              ElementsAre(Example{"x", "y"}));
}

TEST_F(ReadExamples, ColumnsSayWhichOnesAreMeant) {
  const std::string row = "{\"title\":\"t\",\"story\":\"s\",\"ask\":\"q\",\"reply\":\"r\"}";
  EXPECT_THAT(read_examples(write(row), {.columns = parse_columns("input=story+ask,target=reply",
                                                                  "--columns")}),
              ElementsAre(Example{"s\n\nq", "r"}));
  EXPECT_THAT(
      error(row, Targets::required, parse_columns("input=stori,target=reply", "--columns")),
      AllOf(HasSubstr(".jsonl:1:"), HasSubstr("\"stori\""), HasSubstr("did you mean 'story'")));
  EXPECT_THAT(error(row, Targets::required, {.input = "ask", .target = "none"}),
              HasSubstr("\"none\" is missing"));
  for (const char* words : {"question", "input=", "target=x", "input=a,input=b", "other=a", "=,="})
    EXPECT_THROW(parse_columns(words, "--columns"), base::Error) << words;
  try {
    parse_columns("input=a,input=b", "--columns");
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the input is given twice"));
  }
}

TEST_F(ReadExamples, RefusesAnEmptyInput) {
  for (const char* empty : {"", " \\n\\t", "\\u00a0\\u3000", "\\u200b", "\\u0000"}) {
    expect_refused("{\"input\":\"" + std::string(empty) + "\",\"target\":\"y\"}",
                   HasSubstr(":1: \"input\" is empty"));
    EXPECT_THAT(error("{\"i\":\"" + std::string(empty) + "\"}", Targets::optional,
                      {.input = "i", .target = ""}),
                HasSubstr("is empty"));
  }
}

TEST_F(ReadExamples, RefusesAColumnThatIsGivenTwice) {
  expect_refused("{\"input\":\"x\",\"target\":\"y\",\"input\":\"z\"}",
                 HasSubstr("\"input\" is given twice"));
  expect_refused("{\"input\":\"x\",\"target\":\"y\",\"m\":{\"k\":1,\"k\":2}}",
                 HasSubstr("\"k\" is given twice"));
  expect_refused("{\"examples\":[{\"input\":\"x\",\"target\":\"y\",\"inpu\\u0074\":\"z\"}]}",
                 HasSubstr("\"input\" is given twice"));
}

TEST_F(ReadExamples, SaysWhatAFileIsThatHoldsNoRows) {
  using namespace std::string_literals;
  EXPECT_THAT(error("\x1F\x8B\x08\x00 more"s), HasSubstr("gzip"));
  EXPECT_THAT(error("\xFF\xFE{\0\"\0i\0\"\0"s), HasSubstr("UTF-16"));
  EXPECT_THAT(error("{\0\"\0i\0n\0p\0\"\0"s), HasSubstr("UTF-16"));
  EXPECT_THAT(error("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
              HasSubstr("Git LFS pointer"));
  EXPECT_THAT(error("<!DOCTYPE html>\n<html></html>"), HasSubstr("HTML"));
  EXPECT_THAT(error("[{\"input\":\"x\",\"target\":\"y\"}]"), HasSubstr("JSON list"));
  EXPECT_THAT(error("{\"input\":\"a\",\"target\":\"b\"}\n{\"input\":\"caf\xE9\",\"target\":\"b\"}"),
              AllOf(HasSubstr(":2:"), HasSubstr("0xe9"), HasSubstr("Latin-1")));
  EXPECT_THAT(error("{\"examples\":[\n{\"input\":\"caf\xE9\",\"target\":\"b\"}]}"),
              AllOf(HasSubstr(":2:"), HasSubstr("Latin-1")));
  EXPECT_THAT(error("{\n\"input\":\"x\",\n\"target\":\"y\"}\n"), HasSubstr("one row a line"));
}

TEST_F(ReadExamples, RefusesTextBesideBbhsExamples) {
  const std::string rest = "\"examples\":[{\"input\":\"x\",\"target\":\"y\"}]}";
  EXPECT_THAT(error("{\"task_prefix\":\"Answer:\"," + rest), HasSubstr("\"task_prefix\""));
  EXPECT_EQ(error("{\"canary\":\"c\",\"id\":\"3\",\"count\":1," + rest), "no error");
}

TEST_F(ReadExamples, APipeIsReadAsItsWriterWrites) {
  file_ = std::filesystem::path(testing::TempDir()) / "rows.fifo";
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  std::jthread writer([this] {
    std::ofstream pipe(file_);
    pipe << "{\"input\":\"x\"," << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pipe << "\"target\":\"y\"}\n{\"input\":\"z\",\"target\":\"w\"}";
  });
  EXPECT_THAT(read_examples(file_), ElementsAre(Example{"x", "y"}, Example{"z", "w"}));
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
  EXPECT_THAT(error(good + "{\"text\":\"x\"}"), HasSubstr(":2: the row has no input"));
  EXPECT_THAT(error(good + "{\"input\":7,\"target\":\"b\"}"),
              HasSubstr(":2: \"input\" is no text"));
  EXPECT_THAT(error(good + "{\"input\":\"x\",\"target\":5}"),
              HasSubstr(":2: \"target\" is no text"));
  EXPECT_THAT(error(good + good.substr(0, 12)), HasSubstr(":2:"));  // cut off
  for (const std::string row :
       {R"({"input":1e999,"target":"b"})", R"({"input":"a","target":"b","x":-42949672961e999})"})
    EXPECT_THAT(error(good + row), AllOf(HasSubstr(":2: "), HasSubstr("a number is too large")));
  EXPECT_THAT(error(R"({"examples": [{"input":"a","target":1e999}]})"),
              HasSubstr("a number is too large"));
}

TEST_F(ReadExamples, NamesThePlaceInASpoiltBbhFile) {
  EXPECT_THAT(error("{\"examples\": [\n{\"input\":\"x\",\"target\":\"y\"},\n{\"input\" \"z\"}]}"),
              HasSubstr(":3:"));
  EXPECT_THAT(error("{\"examples\": [{\"input\":\"x\",\"target\":\"y\"}, {\"input\":\"z\"}]}"),
              HasSubstr("example 1 of \"examples\" (counted from 0): \"target\" is missing"));
  EXPECT_THAT(error("{\"examples\": 3}"), HasSubstr("no list"));
}

TEST_F(ReadExamples, RefusesAnEmptyOrMissingFileAndAFolder) {
  EXPECT_THAT(error(""), HasSubstr("no examples"));
  EXPECT_THAT(error("\n \n"), HasSubstr("no examples"));
  EXPECT_THAT(error("{\"examples\": []}"), HasSubstr("no examples"));
  EXPECT_THROW(read_examples("/nowhere/at/all.jsonl"), base::Error);
  EXPECT_THROW(read_examples("/tmp"), base::Error);
}

TEST(RowReader, GivesEachRowItsPlaceAndAdapter) {
  const auto file = std::filesystem::path(testing::TempDir()) / "row_stream.jsonl";
  std::ofstream(file) << "{\"input\":\"x\",\"adapter\":\"m\"}\n\n{\"question\":\"q\"}\n";
  RowReader stream(file, {.targets = Targets::optional});
  Row row;
  ASSERT_TRUE(stream.next(row));
  EXPECT_EQ(row.adapter, "m");
  EXPECT_EQ(row.place, file.string() + ":1");
  ASSERT_TRUE(stream.next(row));
  EXPECT_EQ(row.adapter, "");
  EXPECT_EQ(row.place, file.string() + ":3");
  EXPECT_EQ(row.line, "{\"question\":\"q\"}");
  EXPECT_FALSE(stream.next(row));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace lorahub::task
