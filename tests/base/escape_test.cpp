#include "base/escape.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

TEST(HtmlText, IsNeitherATagNorTheEndOfAnAttribute) {
  EXPECT_EQ(html_text("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
  EXPECT_EQ(html_text("\x1b[1m\r"), "\\x1b[1m\\r");
}

TEST(MarkdownText, OrdinarySentencesStay) {
  for (const char* text : {"E1_isa_letter: 55.7 [45.7, 64.7] points (p < 0.001)", "a & b; 5 > 3",
                           "search.budget=400 (rows: p = 0.013)", "w and −w: “Zürich”"})
    EXPECT_EQ(markdown_text(text), text);
}

TEST(MarkdownText, IsNoCellLinkTagOrCode) {
  EXPECT_EQ(markdown_text("a|b"), "a&#124;b");
  EXPECT_EQ(markdown_text("\\|"), "\\\\&#124;");
  EXPECT_EQ(markdown_text("[x](javascript:y)"), "[x]\\(javascript:y)");
  EXPECT_EQ(markdown_text("<script> </p> <!-- <?php"), "&lt;script> &lt;/p> &lt;!-- &lt;?php");
  EXPECT_EQ(markdown_text("&lt;b>"), "&amp;lt;b>");
  EXPECT_EQ(markdown_text("`id` *x*"), "\\`id\\` \\*x\\*");
  EXPECT_EQ(markdown_text("one\n# two"), "one # two");
}

TEST(MarkdownBlock, EndsBehindTheText) {
  EXPECT_EQ(markdown_block("x"), "````\nx\n````\n");
  EXPECT_EQ(markdown_block("```\n`````\n"), "``````\n```\n`````\n\n``````\n");
}

TEST(CsvCell, QuotesWhatSeparates) {
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("a;b"), "\"a;b\"");
  EXPECT_EQ(csv_cell("\"\n"), "\"\"\"\n\"");
}

TEST(CsvCell, NumbersStayAndFormulasAreText) {
  for (const char* number : {"-0.25", "+5", "-1e-300", "-inf", "0", ""})
    EXPECT_EQ(csv_cell(number), number);
  for (const char* text : {"=1+1", "@SUM(A1)", "-2+cmd", "+x", "-", " =1", "\t=1", "＝1"})
    EXPECT_TRUE(csv_cell(text).starts_with("'") || csv_cell(text).starts_with("\"'")) << text;
  EXPECT_EQ(csv_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
}

// Where ';' or a tab parts the cells of a spreadsheet, the quotes of this one say nothing.
TEST(CsvCell, NoFormulaBeginsBehindAnotherSeparator) {
  EXPECT_EQ(csv_cell("x;=1+1;-0.5;+x"), "\"x;'=1+1;-0.5;'+x\"");
  EXPECT_EQ(csv_cell("x\t @SUM(A1)"), "\"x\t' @SUM(A1)\"");
  EXPECT_EQ(csv_cell(";=1;"), "\";'=1;\"");
}

TEST(JsonText, ReadsBackAsTheSameValueAndObeysNoTerminal) {
  Stream random(11, "json");
  const std::vector<std::string> pieces{"\u009b", "\x7f",   "\u202e",     "\n", "\x1b",
                                        "\"",     "\\",     "ü",          "👍",  "\\u009b",
                                        "\u2028", "\ufeff", "\U000e0041", "a"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (size_t i = random.bits() % 12; i > 0; --i) text += pieces[random.bits() % pieces.size()];
    const nlohmann::json value{{text, {text, 1, nullptr}}};
    const std::string written = json_text(value);
    EXPECT_EQ(nlohmann::json::parse(written), value);
    EXPECT_TRUE(is_printable_line(written) || text.find("\U000e0041") != std::string::npos);
  }
}

TEST(JsonText, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_EQ(json_text(nlohmann::json("Z\xfcrich")), "\"Z\uFFFDrich\"");
  EXPECT_EQ(json_text(nlohmann::ordered_json{{"\xff", 1}}), "{\"\uFFFD\":1}");
}

}  // namespace
}  // namespace lorahub::base
