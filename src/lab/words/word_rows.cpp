#include "lab/words/word_rows.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "lab/draw.hpp"

namespace lorahub::lab::words {
namespace {

// The rows of `words`, shuffled by the skill's stream `purpose`.
Rows shuffled(const WordRecipe& recipe, const WordTask& task, std::vector<WordEntry> words,
              const char* purpose) {
  Draw draw(recipe.seed, base::format("words/{}/{}", purpose, task.skill));
  draw.shuffle(words);
  const std::string& ask = recipe.skills.at(task.skill).ask;
  Rows rows;
  for (const WordEntry& entry : words)
    rows.push_back(
        {.input = asked(ask, entry.word), .target = recipe.forms.at(task.form).said(entry.answer)});
  return rows;
}

// The first rows, and as many as are asked for of those behind them.
struct FirstAndSecond {
  Rows first, second;
};
FirstAndSecond cut(const Rows& rows, size_t first, int second) {
  const size_t last = std::min(rows.size(), first + static_cast<size_t>(second));
  const auto at = [&](size_t row) { return rows.begin() + static_cast<ptrdiff_t>(row); };
  return {.first = {rows.begin(), at(first)}, .second = {at(first), at(last)}};
}

size_t part(const Rows& rows, int most, size_t parts) {
  return std::min(static_cast<size_t>(most), rows.size() / parts);
}

// `words` says which these are, and how many are needed for what.
void check_count(const WordTask& task, const Rows& rows, size_t needed, const char* words) {
  base::check(rows.size() >= needed, "{}: its list has {} words {}, give it a longer list",
              task.name, rows.size(), words);
}

}  // namespace

UnseenRows unseen_rows(const WordRecipe& recipe, const WordTask& task) {
  const std::vector<WordEntry>& list = recipe.skills.at(task.skill).list;
  const bool is_trained = std::ranges::count(recipe.modules, task.skill, &WordTask::skill) > 0;
  const Rows rows = shuffled(recipe, task, is_trained ? split(list).unseen : list, "unseen");
  check_count(task, rows, 3,
              "that no module sees (three are needed: one to draw examples from, two to test)");
  FirstAndSecond cut = words::cut(rows, part(rows, recipe.rows.pool, 3), recipe.rows.test);
  return {.pool = std::move(cut.first), .test = std::move(cut.second)};
}

Upstream upstream_rows(const WordRecipe& recipe, const WordTask& task) {
  const ListParts parts = split(recipe.skills.at(task.skill).list);
  const Rows rows = shuffled(recipe, task, parts.upstream, "upstream");
  check_count(task, rows, 5, "to train a module on (five are needed)");
  FirstAndSecond cut = words::cut(rows, part(rows, recipe.rows.card, 5), recipe.rows.module);
  return {.train = std::move(cut.second), .card = std::move(cut.first)};
}

}  // namespace lorahub::lab::words
