#include "serve/input_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace lorahub::serve {
namespace {

using Names = std::set<std::string>;

Names names_of(const std::vector<InputField>& fields) {
  Names names;
  for (const InputField& field : fields) names.insert(field.name);
  return names;
}

// The words in backticks of a text.
Names quoted_words(const std::string& text) {
  Names words;
  const std::vector<std::string> parts = base::split(text, '`');
  for (size_t i = 1; i < parts.size(); i += 2) words.insert(parts[i]);
  return words;
}

// What the tables of inputs name in their first columns, a set for each table.
std::vector<Names> tables_of_inputs(const std::string& document) {
  std::vector<Names> tables;
  bool is_in_table = false;
  for (const std::string& line : base::split(document, '\n')) {
    if (line == "| input | meaning |") {
      is_in_table = true;
      tables.emplace_back();
    } else if (!line.starts_with('|')) {
      is_in_table = false;
    } else if (is_in_table) {
      tables.back().merge(quoted_words(line.substr(0, line.find('|', 1))));
    }
  }
  return tables;
}

TEST(InputFields, TheGuideNamesEachAndNoOther) {
  const std::string guide = base::read_file(SOURCE_DIR "/docs/service.md");
  EXPECT_THAT(tables_of_inputs(guide),
              testing::ElementsAre(names_of(input_fields()), names_of(infer_fields()),
                                   names_of(probe_fields())));
  EXPECT_THAT(tables_of_inputs("| input | meaning |\n| --- | --- |\n| `a`, `b` | `c` |\n\n`d`\n"),
              testing::ElementsAre(Names{"a", "b"}));
}

TEST(InputFields, SchemasAreJsonAndSearchesAreThoseThatShip) {
  for (const auto* fields : {&input_fields(), &infer_fields(), &probe_fields()})
    for (const InputField& field : *fields) {
      EXPECT_TRUE(nlohmann::json::parse(field.schema).is_object()) << field.name;
      EXPECT_TRUE(field.meaning.ends_with('.')) << field.name;
    }
  for (const std::string& search : searches())
    EXPECT_TRUE(std::filesystem::exists(SOURCE_DIR "/configs/search/" + search + ".yaml"));
}

}  // namespace
}  // namespace lorahub::serve
