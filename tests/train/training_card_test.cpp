#include "train/training_card.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "hostile.hpp"
#include "lora/module_card.hpp"
#include "process.hpp"

namespace lorahub::train {
namespace {

using testing::HasSubstr;

// What others named comes back from the front matter as it was, and ends no block of the page.
TEST(TrainingCard, HoldsHostileNamesAsTexts) {
  HostileNames names(3, "CANARY");
  for (int round = 0; round < 200; ++round) {
    const std::filesystem::path folder = fresh_folder("card");
    const TrainingConfig config{
        .model = names.next(), .model_path = "", .base_name = names.next(), .data = {}, .out = ""};
    const TrainingCard card{
        .name = names.next(),
        .folder = names.next(),
        .identity = "",
        .model = names.next(),
        .model_sha256 = "",
        .data = names.next(),
        .data_sha256 = "",
        .losses = {1},
        .self_test = {.example = {.input = names.next(), .target = names.next()},
                      .answer = names.next()}};
    write_card(folder, config, card);
    const std::string text = read_all(folder / "README.md");
    EXPECT_EQ(base::printable(text), text);
    const lora::ModuleCard read = lora::read_card(folder);
    EXPECT_EQ(read.problem, "") << text.substr(0, 2000);
    ASSERT_EQ(read.tests.size(), 1U);
    EXPECT_TRUE(nlohmann::json::accept(read_all(folder / "training.json")));
    const size_t code = text.find("```python\nmodel = ");
    ASSERT_NE(code, std::string::npos);
    EXPECT_EQ(text.substr(text.find('\n', code + 10), 5), "\n```\n");
  }
}

TEST(TrainingCard, AModelsNameIsALiteralOfPython) {
  const std::filesystem::path folder = fresh_folder("card");
  const TrainingConfig config{
      .model = "x", .model_path = "", .base_name = "x\"); import os; (\"", .data = {}, .out = ""};
  write_card(folder, config, {.name = "n", .folder = "f", .losses = {1}});
  EXPECT_THAT(read_all(folder / "README.md"),
              HasSubstr("from_pretrained(\"x\\\"); import os; (\\\"\")"));
}

}  // namespace
}  // namespace lorahub::train
