#include "lab/words/word_recipe.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"
#include "lab/words/shipped_words.hpp"

namespace lorahub::lab::words {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string recipe_refusal(const std::string& from, const std::string& to) {
  const SmallRecipe recipe("word_recipe");
  try {
    read_word_recipe(recipe.write(from, to), {});
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> names_of(const std::vector<WordTask>& tasks) {
  std::vector<std::string> names;
  for (const WordTask& task : tasks) names.push_back(task.name);
  return names;
}

TEST(WordRecipe, NamesAFolderOrAModelOfTheCache) {
  const SmallRecipe small("word_recipe_model");
  const auto model = [&](const std::string& word) {
    return read_word_recipe(small.write("model: model", "model: " + word), {}).model;
  };
  EXPECT_EQ(model("some/base"), "some/base");
  EXPECT_EQ(model("./some/base/"), small.folder / "some/base");
  std::filesystem::create_directories(small.folder / "some/base");
  EXPECT_EQ(model("some/base"), small.folder / "some/base");
}

TEST(WordRecipe, HasWhatItsFileSays) {
  const SmallRecipe small("word_recipe");
  std::filesystem::create_directories(small.folder / "model");
  const WordRecipe recipe = read_word_recipe(small.write(), {});
  EXPECT_EQ(recipe.seed, 1U);
  EXPECT_EQ(recipe.model, small.folder / "model");
  EXPECT_EQ(recipe.base_name, "some/base");
  EXPECT_THAT(names_of(recipe.modules), ElementsAre("past_plain", "word_upper"));
  EXPECT_THAT(names_of(recipe.unseen()), ElementsAre("past_upper", "female_plain", "past_brack"));
  EXPECT_EQ(recipe.skills.at("female").list.size(), 30U);
  EXPECT_EQ(recipe.skills.at("female").list[3].answer, "word3ess");
  EXPECT_EQ(recipe.forms.at("brack").said("x"), "[x]");
  EXPECT_EQ(recipe.rows.test, 6);
  EXPECT_TRUE(is_word_recipe(small.folder / "recipe.yaml"));
  EXPECT_FALSE(is_word_recipe(SOURCE_DIR "/experiments/lab/recipe.yaml"));
}

TEST(WordRecipe, AnotherSeedIsNotedInItsText) {
  const SmallRecipe small("word_recipe");
  const WordRecipe recipe = read_word_recipe(small.write(), 7);
  EXPECT_EQ(recipe.seed, 7U);
  EXPECT_EQ(recipe.text, small.text + "# Made with --seed 7.\n");
}

TEST(WordRecipe, EachMistakeIsRefusedWithFileAndLine) {
  struct Mistake {
    const char *from, *to;
    int line;
    const char* said;
  };
  const Mistake mistakes[] = {
      {"seed: 1", "seed: one", 1, "'one'"},
      {"seed: 1", "sead: 1", 1, "did you mean 'seed'"},
      {"controls: [past_brack]\n", "", 1, "does not say 'controls'"},
      {"list: past", "list: pasd", 6, "pasd.tsv"},
      {"list: past", "list: ../past", 6, "can't be the name of a list"},
      {"list: past", "lisst: past", 6, "no 'lisst'"},
      {"The past of {word}?", "The past of it?", 6, "{word}"},
      {"The past of {word}?", "The past of {word} {wort}?", 6, "'{wort}' is no part"},
      {"The past of {word}?", "The past of {word", 6, "is no part"},
      {"  word: {list", "  a_word: {list", 8, "can't name a skill"},
      {"plain: \"{answer}\"", "plain: \"answer\"", 10, "says no answer"},
      {"[{answer}]", "[{anser}]", 12, "'{anser}'"},
      {"word_upper]", "word_uper]", 13, "did you mean 'upper'"},
      {"word_upper]", "words_upper]", 13, "did you mean 'word'"},
      {"word_upper]", "wordupper]", 13, "does not say skill and form"},
      {"targets: [past_upper", "targets: [past_plain", 14, "'past_plain' is there already"},
      {"[past_brack]", "[past_upper]", 15, "'past_upper' is there already"},
      {"module: 8", "module: 0", 16, "0"},
      {"module: 8, ", "", 16, "'module' is missing"},
      {"module: 8", "modules: 8", 16, "'modules'"},
      {"ranks: [2]", "ranks: []", 17, "empty"}};
  for (const Mistake& mistake : mistakes)
    EXPECT_THAT(
        recipe_refusal(mistake.from, mistake.to),
        AllOf(HasSubstr(base::format("recipe.yaml:{}: ", mistake.line)), HasSubstr(mistake.said)))
        << mistake.to;
}

TEST(WordRecipe, ADamagedListIsRefusedWithBothPlaces) {
  const SmallRecipe small("word_recipe");
  base::write_file(small.folder / "lists/female.tsv", "abbot\tabbess\nduke\n");
  try {
    read_word_recipe(small.write(), {});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("recipe.yaml:7: "), HasSubstr("female.tsv:2: ")));
  }
}

// The rule by which they are parted, once more by the bytes of sha256sum.
TEST(ShippedWords, TargetsArePartedByTheHashOfTheirNames) {
  const WordRecipe recipe = shipped_words();
  EXPECT_THAT(names_of(recipe.development()),
              ElementsAre("past_brack", "past_upper", "antonym_upper", "antonym_first",
                          "superlative_plain", "superlative_star", "young_plain"));
  EXPECT_EQ(recipe.evaluation().size(), 15U);
  EXPECT_EQ(recipe.evaluation()[0].name, "past_full");
  EXPECT_EQ(recipe.targets.size(), 22U);
  EXPECT_GE(recipe.modules.size(), 20U);
}

}  // namespace
}  // namespace lorahub::lab::words
