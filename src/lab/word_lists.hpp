// The words of the lab's world: seven kinds of things with their names, opposites, colours, people,
// numbers, and words that say nothing.
#pragma once
#include <string>
#include <vector>

namespace lorahub::lab {

using Words = std::vector<std::string>;

struct Category {
  std::string name;
  Words members;  // 12 or more, of no other category
};
const std::vector<Category>& categories();
const Words& things();  // the members of all categories
const std::string& category_of(const std::string& thing);

const Words& sided();  // words that have an opposite
const std::string& opposite(const std::string& word);

const Words& colors();
const Words& people();
const Words& number_words();  // zero to twenty
const Words& romans();        // o, i, ii to xx: one word each
const Words& fillers();
const Words& letters();  // (A) to (D)

}  // namespace lorahub::lab
