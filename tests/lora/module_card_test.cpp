#include "lora/module_card.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "process.hpp"

namespace lorahub::lora {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The fields of a card on the Hugging Face Hub, with what is easily changed on the way: texts that
// look like other types, brackets, several lines.
constexpr const char* kCard = R"(---
base_model: google/flan-t5-large
license: mit
language:
- en
- "no"
datasets: [me/mydata]
tags:
- sorting
- lora
- 'base_model:adapter:google/flan-t5-large'
version: "1.0"
pipeline_tag: text2text-generation
description: |
  two
  lines
model-index:
- name: sort
  results: [{task: {type: text}, metrics: [{type: accuracy, value: 0.5}]}]
---
# Sort
)";

TEST(ModuleCard, KeepsTheFieldsThatThisProgramDoesNotRead) {
  const auto folder = fresh_folder("module_card");
  base::write_file(folder / "README.md", kCard);
  ModuleCard card = read_card(folder);
  ASSERT_EQ(card.problem, "");
  EXPECT_THAT(card.tags, ElementsAre("sorting", "base_model:adapter:google/flan-t5-large"));
  card.tests = {{.input = "a", .answer = "b", .target = "c: \"d\""}};
  write_card(folder, card, "# Sort\n");
  const std::string text = base::read_file(folder / "README.md");
  for (const char* line :
       {"\nlicense: mit\n", "\nlanguage: [en, \"no\"]\n", "\ndatasets: [me/mydata]\n",
        "\nversion: \"1.0\"\n", "\npipeline_tag: text2text-generation\n",
        "\ndescription: \"two\\nlines\\n\"\n",
        "\nmodel-index: [{name: sort, results: [{task: {type: text}, metrics: [{type: accuracy, "
        "value: 0.5}]}]}]\n",
        "\ntags: [\"sorting\", \"base_model:adapter:google/flan-t5-large\", lora, lorahub]\n",
        "\nbase_model: \"google/flan-t5-large\"\n"})
    EXPECT_THAT(text, HasSubstr(line));
  const ModuleCard again = read_card(folder);
  EXPECT_EQ(again.others, card.others);  // as often as it is read and written
  EXPECT_EQ(again.tags, card.tags);
  EXPECT_EQ(again.tests.at(0).target, "c: \"d\"");
}

}  // namespace
}  // namespace lorahub::lora
