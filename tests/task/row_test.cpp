// Rows that chance made: whatever is accepted has been read whole.
#include "task/row.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/check.hpp"

namespace lorahub::task {
namespace {

using Json = nlohmann::json;

const std::vector<std::string> kColumns = {
    "instruction", "input",   "inputs",  "context", "prompt", "question", "target", "targets",
    "completion",  "output",  "answer",  "answers", "text",   "choices",  "id",     "source",
    "_note",       "adapter", "passage", "label",   "Input",  "target "};

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  size_t below(size_t n) { return random_() % n; }

  // A text of its own, so that it can be found again; or something else.
  Json value() {
    switch (below(9)) {
      case 0:
        return nullptr;
      case 1:
        return 3.5;
      case 2:
        return "";
      case 3:
        return " \n";
      case 4:
        return Json{{"text", {word()}}, {"start", {4}}};
      default:
        return word();
    }
  }
  Json row() {
    Json row = Json::object();
    const size_t count = 1 + below(5);
    for (size_t i = 0; i < count; ++i) row[kColumns[below(kColumns.size())]] = value();
    return row;
  }

 private:
  std::string word() { return "w" + std::to_string(++words_) + "."; }

  std::mt19937 random_;
  int words_ = 0;
};

void collect(const Json& value, std::vector<std::string>& words) {
  if (value.is_string()) words.push_back(value);
  if (value.is_structured())
    for (const Json& inner : value) collect(inner, words);
}

TEST(Row, IsReadWholeOrRefused) {
  Chance chance(1);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Json json = chance.row();
    for (const Targets targets : {Targets::required, Targets::optional}) {
      Row row;
      try {
        row = parse_row(json.dump(), "here", {.targets = targets});
      } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), testing::StartsWith("here: "));
        continue;
      }
      ++accepted;
      for (const auto& [column, value] : json.items()) {
        std::vector<std::string> words;
        if (!describes_row(column)) collect(value, words);
        for (const std::string& word : words)
          EXPECT_TRUE((row.example.input + row.example.target).find(word) != std::string::npos ||
                      word.empty() || word == " \n")
              << json.dump();
      }
      EXPECT_NE(row.example.input, "") << json.dump();
    }
  }
  EXPECT_GT(accepted, 500);
}

TEST(Row, OfBytesThatChanceChangedNeverEndsTheProgram) {
  Chance chance(2);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = chance.row().dump();
    for (size_t n = chance.below(4); n > 0; --n)
      text[chance.below(text.size())] = static_cast<char>(chance.below(256));
    try {
      parse_row(text, "here", {.targets = Targets::optional});
      parse_bbh("{\"examples\":[" + text + "]}", "here", {});
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), testing::StartsWith("here:"));
    }
  }
}

}  // namespace
}  // namespace lorahub::task
