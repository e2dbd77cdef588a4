// The rows of the word lab's tasks, each list's words in an order of its own (seed, skill).
#pragma once
#include "lab/rows.hpp"
#include "lab/words/word_recipe.hpp"

namespace lorahub::lab::words {

// Rows of unseen words: of the whole list where no module has the skill. All targets of a skill ask
// the same words. Error when the list is too short.
struct UnseenRows {
  Rows pool, test;
};
UnseenRows unseen_rows(const WordRecipe& recipe, const WordTask& task);

// Rows of upstream words, of which the card has a fifth at most. Error when the list is too short.
Upstream upstream_rows(const WordRecipe& recipe, const WordTask& task);

}  // namespace lorahub::lab::words
