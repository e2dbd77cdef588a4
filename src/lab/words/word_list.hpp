// A word list: words, each with what belongs to it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::lab::words {

struct WordEntry {
  std::string word, answer;
};

// Reads lines of a word, a tab and its answer. Error with file and line for a line of another kind
// and for a word that was there already (its answer would not be the only right one).
std::vector<WordEntry> read_word_list(const std::filesystem::path& file);

// The rule by which words and targets are parted, before anything is known of them: the smaller
// part has those whose SHA-256 begins with a byte below 102, which are two of five.
bool in_smaller_part(const std::string& name);

// The parts of a list: words that modules are trained on (the smaller one), and words that targets
// ask. Where the answer of one word is another word of the list (hot, cold), both go where the
// first of them in the alphabet goes, so that no module sees a target's pair the other way round.
struct ListParts {
  std::vector<WordEntry> upstream, unseen;
};
ListParts split(const std::vector<WordEntry>& list);

}  // namespace lorahub::lab::words
