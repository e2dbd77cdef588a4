#include "lab/rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "../process.hpp"
#include "base/check.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "lab/prompt.hpp"
#include "shipped_recipe.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

Recipe small() {
  Recipe recipe = shipped();
  recipe.rows.lookups = 3000;
  recipe.rows.mix = 30000;
  recipe.rows.few_shot = 3000;
  return recipe;
}

// The skill by the longest wording in the text.
std::string skill_of(const std::string& prompt) {
  std::string found;
  size_t longest = 0;
  for (const Skill& skill : skills())
    for (const std::string& wording : skill.wordings)
      if (wording.size() > longest &&
          (" " + prompt + " ").find(" " + wording + " ") != std::string::npos) {
        longest = wording.size();
        found = skill.name;
      }
  return found;
}

bool is(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

// Whether an answer looks like one of a pair that is held out.
bool looks_held_out(const std::string& skill, const std::string& said) {
  const bool number_word = std::ranges::count(number_words(), said) > 0 && skill == "add";
  static const std::map<std::string, const char*> looks{
      {"min", "\\([A-D]\\)"},   {"last", "\\([A-D]\\)"}, {"twice", "\\([A-D]\\)"},
      {"isa", "\\([A-D]\\)"},   {"odd", "\\([A-D]\\)"},  {"miss", "\\([A-D]\\)"},
      {"color", "\\([A-D]\\)"}, {"kind", "[1-4]"},       {"opp", "[1-4]"},
      {"rev", "\\[ .*"},        {"swap", "\\[ .*"},      {"after", "\\[ .*"},
      {"len", "[oivx ]+"},      {"sub", "[oivx ]+"},     {"sort", ".* - .*"},
      {"dyck", ".* - .*"},      {"desc", ".* , .*"},     {"cats", ".* , .*"},
      {"first", ".+ \\(.\\)"},  {"bool", "True|False"},  {"abc", ".*"}};
  const auto look = looks.find(skill);
  return number_word || (look != looks.end() && is(said, look->second));
}

TEST(Rows, the_base_never_sees_a_held_out_pair) {
  const Recipe recipe = small();
  const Prompts unseen = unseen_prompts(recipe);
  std::map<std::string, int> seen;
  Rows all = lookup_rows(recipe, unseen);
  EXPECT_EQ(all.size(), 3000U);
  const Rows mix = mix_rows(recipe, unseen);
  EXPECT_EQ(mix.size(), 33000U);
  all.insert(all.end(), mix.begin(), mix.end());
  for (const task::Example& row : all) {
    const std::string skill = skill_of(row.input);
    ++seen[skill];
    ASSERT_FALSE(looks_held_out(skill, row.target)) << row.input << " | " << row.target;
    ASSERT_FALSE(unseen.contains(row.input)) << row.input;
    // The examples of a few-shot prompt as well.
    for (size_t at = 0; (at = row.input.find(" => ", at)) != std::string::npos;) {
      at += 4;
      const size_t end = row.input.find(" ; ", at);
      if (skill != "member" && skill != "color" && end != std::string::npos) {
        ASSERT_FALSE(looks_held_out(skill, row.input.substr(at, end - at))) << row.input;
      }
    }
  }
  EXPECT_EQ(seen.size(), 33U);  // every skill but the control's
  for (const auto& [skill, rows] : seen) EXPECT_GT(rows, 100) << skill;
}

TEST(Rows, the_look_of_a_held_out_answer_is_known) {  // else the test above sees nothing
  const Recipe recipe = shipped();
  for (const auto& [name, form] : recipe.held_out) {
    Draw draw(1, name);
    for (int i = 0; i < 50; ++i) {
      const Question q = skill(name).ask({.draw = draw});
      EXPECT_TRUE(looks_held_out(name, answer(q, form))) << name << ": " << answer(q, form);
    }
  }
  EXPECT_EQ(recipe.held_out.size(), 22U);
}

TEST(Rows, targets_have_pool_and_test_apart) {
  const Recipe recipe = shipped();
  EXPECT_EQ(recipe.development.size(), 10U);
  EXPECT_EQ(recipe.evaluation.size(), 15U);
  EXPECT_EQ(recipe.controls.size(), 3U);
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    Prompts all;
    EXPECT_EQ(target.pool.size(), 100U);
    EXPECT_EQ(target.test.size(), 200U);
    EXPECT_EQ(target.own.size(), 200U);
    for (const Rows* rows : {&target.pool, &target.test})
      for (const task::Example& row : *rows)
        EXPECT_TRUE(all.insert(row.input).second) << task.name << " twice: " << row.input;
    const bool own = skill(task.skill).own == task.form;  // the first control
    for (size_t i = 0; i < target.test.size(); ++i)
      EXPECT_EQ(target.own[i] == target.test[i].target, own) << task.name;
  }
}

TEST(Rows, lists_and_numbers_of_the_test_are_not_in_the_pool_under_another_wording) {
  const Recipe recipe = shipped();
  for (const LabTask& task : recipe.targets()) {
    if (skill(task.skill).kind == AnswerKind::choice) continue;
    const Target target = target_rows(recipe, task);
    std::set<std::string> shots;
    const auto without_wording = [&](std::string text) {
      for (const std::string& wording : skill(task.skill).wordings) {
        const size_t at = text.find(wording);
        if (at != std::string::npos) text.erase(at, wording.size());
      }
      return text;
    };
    for (const task::Example& row : target.pool) shots.insert(without_wording(row.input));
    for (const task::Example& row : target.test)
      EXPECT_FALSE(shots.contains(without_wording(row.input))) << row.input;
  }
}

TEST(Rows, modules_see_no_unseen_prompt_and_their_cards_no_training_row) {
  const Recipe recipe = shipped();
  const Prompts unseen = unseen_prompts(recipe);
  EXPECT_EQ(recipe.modules.size(), 40U);
  for (const LabTask& task : recipe.modules) {
    EXPECT_FALSE(recipe.held_out.contains({task.skill, task.form}));
    const Upstream rows = module_rows(recipe, task, unseen);
    EXPECT_EQ(rows.train.size(), 2000U);
    EXPECT_EQ(rows.card.size(), 50U);
    Prompts mine;
    for (const Rows* some : {&rows.train, &rows.card})
      for (const task::Example& row : *some) {
        EXPECT_TRUE(mine.insert(row.input).second) << row.input;
        EXPECT_FALSE(unseen.contains(row.input)) << row.input;
        EXPECT_EQ(row.input.find(cue(task.form)), std::string::npos) << row.input;
      }
  }
}

std::string hash(const Rows& rows) {
  base::Sha256 hash;
  for (const task::Example& row : rows) hash.update(row.input + "\t" + row.target + "\n");
  return hash.hex();
}

// Recorded with seed 1 (print with --gtest_filter=Rows.same_bytes*): the same on every machine.
TEST(Rows, same_bytes_on_every_machine) {
  const Recipe recipe = small();
  const Prompts unseen = unseen_prompts(recipe);
  nlohmann::json made;
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    made[task.name] = hash(target.pool).substr(0, 16) + hash(target.test).substr(0, 16);
  }
  for (const LabTask& task : recipe.modules) {
    const Upstream rows = module_rows(recipe, task, unseen);
    made[task.name] = hash(rows.train).substr(0, 16) + hash(rows.card).substr(0, 16);
  }
  made["lookups"] = hash(lookup_rows(recipe, unseen));
  made["mix"] = hash(mix_rows(recipe, unseen));
  const auto golden = nlohmann::json::parse(read_all(SOURCE_DIR "/tests/golden/lab/rows.json"));
  EXPECT_EQ(made, golden) << made.dump(1);
}

TEST(Rows, another_seed_gives_other_rows) {
  const Recipe one = shipped(), two = read_recipe(kRecipe, 2);
  const LabTask task = one.development[0];
  EXPECT_EQ(hash(target_rows(one, task).test), hash(target_rows(shipped(), task).test));
  EXPECT_NE(hash(target_rows(one, task).test), hash(target_rows(two, task).test));
  EXPECT_NE(one.text, two.text);
}

TEST(Rows, a_world_that_is_too_small_is_an_error) {
  Recipe recipe = shipped();
  recipe.rows.test = 2000;  // sums of two numbers to 20
  const auto sum = std::ranges::find(recipe.evaluation, "E8_add_wordnum", &LabTask::name);
  EXPECT_THROW(target_rows(recipe, *sum), base::Error);
}

std::string refusal(const std::string& from, const std::string& to) {
  const fs::path folder = fresh_folder("recipe");
  std::string text = read_all(kRecipe);
  text = std::regex_replace(text, std::regex("\\.\\./\\.\\./configs"), SOURCE_DIR "/configs");
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  std::ofstream(folder / "r.yaml") << text;
  try {
    read_recipe(folder / "r.yaml", {});
  } catch (const base::Error& error) {
    const std::string message = error.what();
    return message.substr(message.find(": ") + 2);
  }
  return "";
}

TEST(Recipe, says_what_is_wrong) {
  EXPECT_EQ(refusal("seed: 1", "seed: 2"), "");
  EXPECT_EQ(refusal("modules: [find_letter,", "modules: [min_letter,"),
            "'min_letter' is held out for a target, a module of it would show the answer");
  EXPECT_EQ(refusal("D1_min_letter: a", "D1_mim_letter: a").substr(0, 14), "no skill 'mim'");
  EXPECT_EQ(refusal("D1_min_letter: a", "D1_min_dash: a"), "'min' has no form 'dash'");
  EXPECT_EQ(refusal("D1_min_letter: a", "D1_min_letter: x"), "no template for 'x', add one");
  EXPECT_EQ(refusal("held_out: [bool_true,", "held_out: [bool_yes,"),
            "'bool_yes' is the own form of its skill (the base could not learn it), hold out "
            "another");
  EXPECT_EQ(refusal("modules: [find_letter,", "modules: [X/../../../find_letter,"),
            "'X/../../../find_letter' can't be the name of a task's file, use letters, digits and "
            "_");
  EXPECT_EQ(refusal("ranks: [4", "rank: [4").substr(0, 18), "unknown key 'rank'");
}

}  // namespace
}  // namespace lorahub::lab
