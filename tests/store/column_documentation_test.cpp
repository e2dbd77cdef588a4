#include "store/column_documentation.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/files.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

using testing::HasSubstr;

const std::string kReadme = std::string(SOURCE_DIR) + "/results/README.md";

// What stands between two lines of a text, and what stands before and after it.
struct Parts {
  std::string before, section, after;
};

Parts split(const std::string& text) {
  const std::string begin = "<!-- columns: begin -->\n", end = "<!-- columns: end -->\n";
  const size_t from = text.find(begin), to = text.find(end);
  EXPECT_NE(from, std::string::npos);
  EXPECT_NE(to, std::string::npos);
  if (from == std::string::npos || to == std::string::npos) return {};
  const size_t first = from + begin.size();
  return {.before = text.substr(0, first),
          .section = text.substr(first, to - first),
          .after = text.substr(to)};
}

TEST(ColumnDocumentation, StandsInTheReadmeOfTheResults) {
  const Parts readme = split(base::read_file(kReadme));
  if (std::getenv("LORAHUB_RENEW") != nullptr && !readme.after.empty())
    base::write_file(kReadme, readme.before + column_documentation() + readme.after);
  EXPECT_EQ(split(base::read_file(kReadme)).section, column_documentation())
      << "The section is made from the tables of src/store. To renew it, run: LORAHUB_RENEW=1 "
         "build/dev/tests/store_test --gtest_filter='ColumnDocumentation.*'";
}

TEST(ColumnDocumentation, TheReadmeNamesTheSchema) {
  EXPECT_THAT(base::read_file(kReadme),
              HasSubstr("`schema_version` (" + std::to_string(newest_schema()) + ")"));
}

TEST(ColumnDocumentation, HasEveryColumnWithItsUnitAndMeaning) {
  const std::string text = column_documentation();
  for (const ResultTable& table : result_tables()) {
    EXPECT_THAT(text, HasSubstr("### `/" + table.name + "`\n"));
    for (const Column& column : table.columns) {
      EXPECT_THAT(text, HasSubstr("| `" + column.name + "` | ")) << table.name;
      EXPECT_FALSE(column.meaning.empty()) << table.name << "." << column.name;
      EXPECT_EQ(column.units.empty(), column.kind == ColumnKind::text)
          << table.name << "." << column.name << ": numbers have a unit, texts have none";
    }
  }
  EXPECT_THAT(text,
              HasSubstr("| `accuracy` | real | percent | right answers of the test rows |\n"));
  EXPECT_THAT(text, HasSubstr("module &lt;name>")) << "a browser takes <name> for a tag";
}

}  // namespace
}  // namespace lorahub::store
