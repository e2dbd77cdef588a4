#include "task/table_rows.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "task/row_reader.hpp"

namespace lorahub::task {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TableRows : public testing::Test {
 protected:
  std::vector<Row> rows(const std::string& text, const Reading& reading = {}) {
    std::ofstream(file(), std::ios::binary) << text;
    RowReader stream(file(), reading);
    std::vector<Row> rows;
    for (Row row; stream.next(row);) rows.push_back(row);
    return rows;
  }
  // Inputs and targets, one after the other.
  std::vector<std::string> texts(const std::string& text, const Reading& reading = {}) {
    std::vector<std::string> texts;
    for (const Row& row : rows(text, reading)) {
      texts.push_back(row.example.input);
      texts.push_back(row.example.target);
    }
    return texts;
  }
  std::string error(const std::string& text, const Reading& reading = {}) {
    try {
      rows(text, reading);
    } catch (const base::Error& e) {
      return std::string(e.what()).substr(file().size());
    }
    return "no error";
  }
  std::string file() const { return testing::TempDir() + "table_rows_test" + extension_; }
  void TearDown() override { std::filesystem::remove(file()); }

  std::string extension_ = ".csv";
};

TEST_F(TableRows, AHeaderNamesTheColumnsAsInJsonLines) {
  EXPECT_THAT(texts("input,output\na b,c\n\"d\",e\n"), ElementsAre("a b", "c", "d", "e"));
  EXPECT_THAT(texts("answer, question\r\n62,how many?\r\n"), ElementsAre("how many?", "62"));
  EXPECT_THAT(texts("\xEF\xBB\xBFinstruction,input,output\nadd,1 2,3\nsing,,la"),
              ElementsAre("add\n\n1 2", "3", "sing", "la"));
  extension_ = ".TSV";
  EXPECT_THAT(texts("prompt\tcompletion\na, b\tc\n"), ElementsAre("a, b", "c"));
}

// The examples of RFC 4180, sections 2.5 to 2.7.
TEST_F(TableRows, ACellInQuotesHoldsSeparatorsLineBreaksAndQuotes) {
  EXPECT_THAT(texts("input,target\n\"aaa\",\"b \r\nbb\"\n"), ElementsAre("aaa", "b \nbb"));
  EXPECT_THAT(texts("input,target\n\"a, b\",\"b\"\"bb\"\n"), ElementsAre("a, b", "b\"bb"));
  EXPECT_THAT(texts("input,target\nhe said \"no\",\"\"\"yes\"\"\"\n"),
              ElementsAre("he said \"no\"", "\"yes\""));
}

TEST_F(TableRows, NumbersAreTextWhereTheyAreReadAndNoneBesides) {
  EXPECT_THAT(texts(",input,target,score,good\n0,1,2,0.5,True\n"), ElementsAre("1", "2"));
  EXPECT_THAT(error("input,target,note\na,b,see below\n"),
              StartsWith(":2: text in \"note\" would not be read"));
  const Reading named{.columns = {.input = "text", .target = "label"}};
  EXPECT_THAT(texts("text,label,note\na,1,see below\n", named), ElementsAre("a", "1"));
}

TEST_F(TableRows, AnEmptyCellIsNone) {
  EXPECT_THAT(texts("input,target\na,\n", {.targets = Targets::optional}), ElementsAre("a", ""));
  EXPECT_THAT(error("input,target\na,\n"), StartsWith(":2: \"target\" is missing"));
  EXPECT_THAT(error("input,target\n,b\n"), StartsWith(":2: the row has no input"));
}

TEST_F(TableRows, AdviceIsAboutTheTableAndNotAboutJson) {
  EXPECT_EQ(error("sentence,label\na,b\n"),
            ":2: the row has no input (it has \"label\", \"sentence\"), rename the columns to "
            "\"input\" and \"target\" or say --columns input=...,target=...");
  EXPECT_EQ(error("input,label\na,1\n"),
            ":2: \"target\" is missing (the row has \"input\", \"label\"), rename the columns to "
            "\"input\" and \"target\"");
  EXPECT_EQ(
      error("input,target\na,\n"),
      ":2: \"target\" is missing (the row has \"input\", \"target\"), fill in its cell or drop "
      "the row");
  const Reading named{.columns = {.input = "text", .target = "label"}};
  EXPECT_THAT(error("text,label\na,\n", named), HasSubstr("fill in its cell or drop the row"));
}

TEST_F(TableRows, ARowKeepsItsPlaceItsAdapterAndItsColumns) {
  const std::vector<Row> found =
      rows("input,adapter,id\n\"a\nb\",sort,7\n\nc,,8\n", {.targets = Targets::optional});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].place, file() + ":2");
  EXPECT_EQ(found[1].place, file() + ":5");
  EXPECT_EQ(found[0].adapter, "sort");
  EXPECT_EQ(found[1].adapter, "");
  EXPECT_EQ(nlohmann::json::parse(found[0].line),
            (nlohmann::json{{"input", "a\nb"}, {"adapter", "sort"}, {"id", 7}}));
}

TEST_F(TableRows, RefusesWhatCouldBeReadInTwoWays) {
  EXPECT_THAT(error("input,target\na, b,c\n"),
              AllOf(StartsWith(":2: the row has 3 cells where the header has 2"),
                    HasSubstr("put the text into double quotes")));
  EXPECT_THAT(error("input,target\n\"a\"b,c\n"), StartsWith(":2: text follows the closing quote"));
  EXPECT_THAT(error("input,target\na,b\n\"c,d\ne,f\n"), StartsWith(":3: a quote opens here"));
  EXPECT_THAT(error("input,target,input\na,b,c\n"),
              StartsWith(":1: the header names \"input\" tw"));
  EXPECT_THAT(error("input;target\na;b\n"), HasSubstr("cells are separated by commas"));
  EXPECT_THAT(error("put in order,1 2\nput,2 3\n"), StartsWith(":2: the row has no input"));
  EXPECT_THAT(error("input,target\na,b\xE9\n"), HasSubstr("0xe9 is no UTF-8 text"));
}

// Spreadsheets on Macs offer such files; read by line feeds they would be one long header.
TEST_F(TableRows, LinesThatEndWithACarriageReturnAloneAreRefusedByIt) {
  const auto refused = AllOf(StartsWith(":1: a carriage return stands outside"),
                             HasSubstr("line feeds at the ends"));
  EXPECT_THAT(error("input,target\ra,b\rc,d\r"), refused);
  EXPECT_THAT(error("input,target\ra,b"), refused);
  EXPECT_THAT(error("\"input\",\"target\"\r\"a\",\"b\"\r"), testing::HasSubstr(":1: "));
  EXPECT_THAT(error("input,target\na\rb,c\n"), StartsWith(":2: a carriage return"));
  EXPECT_THAT(texts("input,target\r\n\"a\rb\",c\r\n"), ElementsAre("a\rb", "c"));
}

TEST_F(TableRows, AnEndlessQuoteIsRefusedInBoundedMemory) {
  std::string text = "input,target\n\"";
  for (int line = 0; line < 20'000; ++line) text += std::string(1000, 'a') + "\n";
  EXPECT_THAT(error(text), StartsWith(":2: a row of more than 16 MiB"));
}

TEST_F(TableRows, OtherNamesAreNoTables) {
  extension_ = ".jsonl";
  EXPECT_THAT(error("input,target\na,b\n"), HasSubstr("no valid JSON"));
}

}  // namespace
}  // namespace lorahub::task
