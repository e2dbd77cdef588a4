#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "study/compositions.hpp"
#include "study/knobs.hpp"
#include "study/methods.hpp"

namespace lorahub::study {
namespace {

using ::testing::HasSubstr;

TEST(KnobText, IsOfOneKnobOrOfAGroup) {
  EXPECT_EQ(knob_text("search.budget"),
            "search.budget\n"
            "  means    evaluations allowed\n"
            "  takes    a whole number from 1 to 1000000\n"
            "  unit     1\n"
            "  default  40\n"
            "  read by  lorahub, random_lora\n");
  const std::string group = knob_text("penalty");
  EXPECT_TRUE(group.starts_with("penalty.kind\n")) << group;
  EXPECT_THAT(group, HasSubstr("\n\npenalty.weight\n"));
  EXPECT_THAT(knob_text("seed"), HasSubstr("\nseed.shots\n"));
}

TEST(KnobText, NamesTheNearestOfAnUnknownOne) {
  try {
    knob_text("budgett");
    FAIL() << "an unknown knob has a text";
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(),
                 "unknown knob 'budgett' (lorahub knobs lists them), did you mean "
                 "'search.budget'?");
  }
}

TEST(KnobTable, HasARowForEveryKnob) {
  const std::vector<std::string> lines = base::split(knob_table(), '\n');
  ASSERT_GT(lines.size(), knobs().size() + 2);
  EXPECT_EQ(lines[0], "| knob | takes | unit | default | meaning | read by |");
  for (size_t i = 0; i < knobs().size(); ++i) {
    const Knob& knob = knobs()[i];
    const std::string& line = lines[i + 2];
    EXPECT_TRUE(line.starts_with(base::format("| `{}` | ", std::string_view(knob.name)))) << line;
    EXPECT_TRUE(
        line.ends_with(base::format(" | {} | {} |", std::string_view(knob.meaning), readers(knob))))
        << line;
    EXPECT_EQ(std::ranges::count(line, '|'), 7) << line;
  }
  EXPECT_EQ(lines[knobs().size() + 2], "");
}

TEST(KnobTable, SaysLimitsUnitsDefaultsAndWords) {
  const std::string table = knob_table();
  for (const char* part :
       {"| `search.budget` | a whole number from 1 to 1000000 | 1 | 40 | evaluations allowed |",
        "| `max_tokens` | a whole number from 1 to 100000 | token | 256 | ",
        "| `penalty.weight` | a number of at least 0 | 1 | 0.05 | ",
        "| `train.dropout` | a number of at least 0 and below 1 | 1 | 0.1 | ",
        "| `composition` | one of factor, product, linear, magnitude_prune, ties, "
        "dare_linear, dare_ties, svd, arrow |  | factor | ",
        "| `composition.density` | a number above 0 and at most 1 | 1 | 0.2 | ",
        "| `model` | a name |  | – | ", "| `retrieve` | `none`, or a way "})
    EXPECT_THAT(table, HasSubstr(part));
  for (const std::string& word : words<Method>()) EXPECT_THAT(table, HasSubstr(word));
  for (const std::string& way : words<RetrieveBy>())
    EXPECT_THAT(std::get<PhraseKind>(find_knob("retrieve")->kind).takes, HasSubstr(way));
}

TEST(KnobTable, SaysWhoReadsAKnobAndWhen) {
  const auto read_by = [](const char* name) { return readers(*find_knob(name)); };
  EXPECT_EQ(read_by("model"), "every method");
  EXPECT_EQ(read_by("train.rank"), "lora_tuning");
  EXPECT_EQ(read_by("search.budget"), "lorahub, random_lora");
  EXPECT_EQ(read_by("search.sigma0"), "lorahub, random_lora (where `search.method` is cma)");
  EXPECT_EQ(read_by("modules"),
            "lorahub, best_single, uniform, random_lora, gradient, logo, retriever");
  EXPECT_THAT(read_by("shots"), HasSubstr("icl, lorahub, best_single, random_lora, lora_tuning"));
}

// A knob whose reader depends on more than the method says so: what a trial of a method that is
// named reads must not hang on anything else where no condition is given.
TEST(KnobTable, ConditionsAreNamedWhereTheyAre) {
  for (const MethodInfo& method : kMethods) {
    std::vector<Trial> trials;
    for (const SearchMethod search : {SearchMethod::cma, SearchMethod::official})
      for (const int count : {0, 5})
        for (const Labels labels : {Labels::given, Labels::shuffled})
          for (const PenaltyKind penalty : {PenaltyKind::none, PenaltyKind::l2})
            for (const char* test : {"pool", "test"})
              trials.push_back({.task_files = {.pool = "pool", .test = test},
                                .method = method.method,
                                .loss = count == 0 ? LossKind::official : LossKind::ask,
                                .penalty = {.kind = penalty},
                                .modules = {.count = count},
                                .labels = labels,
                                .search = {.method = search}});
    for (const Knob& knob : knobs()) {
      const auto reads = [&](const Trial& trial) { return knob.read_by(trial); };
      const auto count = static_cast<size_t>(std::ranges::count_if(trials, reads));
      EXPECT_TRUE(count == 0 || count == trials.size() || !knob.read_by.condition().empty())
          << std::string_view(knob.name) << " of " << std::string_view(method.word);
    }
  }
}

}  // namespace
}  // namespace lorahub::study
