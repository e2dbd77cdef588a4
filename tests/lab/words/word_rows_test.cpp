#include "lab/words/word_rows.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>

#include "base/check.hpp"
#include "lab/words/shipped_words.hpp"

namespace lorahub::lab::words {
namespace {

using Answers = std::map<std::string, std::string>;

// A list read in another way than the program's.
Answers answers_of(const std::string& list) {
  std::ifstream in(kWords / "lists" / (list + ".tsv"));
  Answers answers;
  std::string word, answer;
  while (std::getline(in, word, '\t') && std::getline(in, answer)) answers[word] = answer;
  return answers;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string said(const std::string& form, const std::string& answer) {
  const std::map<std::string, std::string> all{{"plain", answer},
                                               {"upper", upper(answer)},
                                               {"brack", "[" + answer + "]"},
                                               {"quote", '"' + answer + '"'},
                                               {"star", "*" + answer + "*"},
                                               {"twice", answer + " " + answer},
                                               {"first", {answer.front()}},
                                               {"last", {answer.back()}},
                                               {"full", "The answer is " + answer + "."},
                                               {"angle", "<" + answer + ">"}};
  return all.at(form);
}

// The word that a question is about: what stands where the {word} of `ask` does.
std::string word_in(const std::string& ask, const std::string& question) {
  const size_t before = ask.find("{word}"), behind = ask.size() - before - 6;
  return question.substr(before, question.size() - before - behind);
}

void expect_of_the_list(const WordTask& task, const WordSkill& skill, const Rows& rows) {
  const Answers answers = answers_of(task.skill);
  for (const task::Example& row : rows) {
    const std::string word = word_in(skill.ask, row.input);
    ASSERT_TRUE(answers.contains(word)) << task.name << ": " << row.input;
    EXPECT_EQ(row.target, said(task.form, answers.at(word))) << task.name << ": " << row.input;
  }
}

void insert(std::set<std::string>& prompts, const Rows& rows) {
  for (const task::Example& row : rows) EXPECT_TRUE(prompts.insert(row.input).second) << row.input;
}

TEST(ShippedWordRows, AnswersAreThoseOfTheListsInTheForm) {
  const WordRecipe recipe = shipped_words();
  for (const WordTask& task : recipe.unseen()) {
    const UnseenRows rows = unseen_rows(recipe, task);
    expect_of_the_list(task, recipe.skills.at(task.skill), rows.pool);
    expect_of_the_list(task, recipe.skills.at(task.skill), rows.test);
  }
  for (const WordTask& task : recipe.modules) {
    const Upstream rows = upstream_rows(recipe, task);
    expect_of_the_list(task, recipe.skills.at(task.skill), rows.train);
    expect_of_the_list(task, recipe.skills.at(task.skill), rows.card);
  }
}

TEST(ShippedWordRows, NoQuestionOfATargetIsInATraining) {
  const WordRecipe recipe = shipped_words();
  std::map<std::string, std::set<std::string>> trained, asked;  // by skill
  for (const WordTask& task : recipe.modules) {
    const Upstream rows = upstream_rows(recipe, task);
    for (const Rows* part : {&rows.train, &rows.card})
      for (const task::Example& row : *part) trained[task.skill].insert(row.input);
  }
  for (const WordTask& task : recipe.unseen()) {
    std::set<std::string> prompts;
    const UnseenRows rows = unseen_rows(recipe, task);
    insert(prompts, rows.pool);  // pool and test are apart, too
    insert(prompts, rows.test);
    for (const std::string& prompt : prompts)
      EXPECT_FALSE(trained[task.skill].contains(prompt)) << prompt;
  }
}

TEST(ShippedWordRows, NoPairOfOppositesIsOnBothSides) {
  const WordRecipe recipe = shipped_words();
  const Answers answers = answers_of("antonym");
  const std::string& ask = recipe.skills.at("antonym").ask;
  std::set<std::string> trained;
  const Upstream rows =
      upstream_rows(recipe, {.name = "antonym_plain", .skill = "antonym", .form = "plain"});
  for (const task::Example& row : rows.train) trained.insert(word_in(ask, row.input));
  EXPECT_GT(trained.size(), 150U);
  const UnseenRows unseen =
      unseen_rows(recipe, {.name = "antonym_upper", .skill = "antonym", .form = "upper"});
  for (const task::Example& row : unseen.test) {
    EXPECT_FALSE(trained.contains(answers.at(word_in(ask, row.input)))) << row.input;
    EXPECT_FALSE(trained.contains(word_in(ask, row.input))) << row.input;
  }
}

TEST(ShippedWordRows, TargetsHaveTwoHundredTestRowsWhereTheListsDo) {
  const WordRecipe recipe = shipped_words();
  const std::set<std::string> short_lists{"capital",      "nation", "element", "kind",
                                          "statecapital", "female", "young",   "group"};
  for (const WordTask& task : recipe.unseen()) {
    const UnseenRows rows = unseen_rows(recipe, task);
    EXPECT_GE(rows.pool.size(), 5U) << task.name;
    EXPECT_LE(rows.pool.size(), 50U) << task.name;
    if (short_lists.contains(task.skill))
      EXPECT_GE(rows.test.size(), 2 * rows.pool.size()) << task.name;
    else
      EXPECT_EQ(rows.test.size(), 200U) << task.name;
  }
}

TEST(WordRows, TargetsOfASkillAskTheSameWordsInTheSameOrder) {
  const SmallRecipe small("word_rows");
  const WordRecipe recipe = read_word_recipe(small.write(), {});
  const UnseenRows plain = unseen_rows(recipe, recipe.unseen()[0]);
  const UnseenRows brack = unseen_rows(recipe, recipe.unseen()[2]);
  EXPECT_EQ(plain.pool.size(), 3U);
  EXPECT_EQ(plain.test.size(), 6U);
  for (size_t i = 0; i < plain.test.size(); ++i)
    EXPECT_EQ(plain.test[i].input, brack.test[i].input);
  EXPECT_NE(plain.test[0].target, brack.test[0].target);
  WordRecipe other = recipe;
  other.seed = 2;
  const UnseenRows another = unseen_rows(other, recipe.unseen()[0]);
  EXPECT_NE(another.test[0].input + another.test[1].input + another.test[2].input,
            plain.test[0].input + plain.test[1].input + plain.test[2].input);
}

TEST(WordRows, AListThatIsTooShortIsRefusedByTheTask) {
  const SmallRecipe small("word_rows");
  base::write_file(small.folder / "lists/female.tsv", "abbot\tabbess\n");
  const WordRecipe recipe = read_word_recipe(small.write(), {});
  EXPECT_THROW(
      {
        try {
          unseen_rows(recipe, recipe.targets[1]);
        } catch (const base::Error& error) {
          EXPECT_THAT(error.what(), testing::HasSubstr("female_plain: "));
          throw;
        }
      },
      base::Error);
}

}  // namespace
}  // namespace lorahub::lab::words
