#include "lab/word_lists.hpp"

#include <cassert>
#include <map>

#include "base/text.hpp"

namespace lorahub::lab {
namespace {

Words list(std::string_view text) { return base::split(text, ' '); }

// "hot-cold big-small": each word to the other.
std::map<std::string, std::string> both_ways(std::string_view pairs) {
  std::map<std::string, std::string> to;
  for (const std::string& pair : list(pairs)) {
    const size_t dash = pair.find('-');
    to[pair.substr(0, dash)] = pair.substr(dash + 1);
    to[pair.substr(dash + 1)] = pair.substr(0, dash);
  }
  return to;
}

const std::map<std::string, std::string>& opposites() {
  static const auto map = both_ways(
      "hot-cold big-small up-down left-right fast-slow high-low old-new rich-poor dark-light "
      "wet-dry open-shut hard-soft full-empty near-far loud-quiet good-bad long-short thick-thin "
      "sweet-sour early-late");
  return map;
}

}  // namespace

const std::vector<Category>& categories() {
  static const std::vector<Category> all{
      {"animal",
       list("dog cat cow horse pig sheep goat duck rabbit lion tiger bear fox wolf mouse frog")},
      {"fruit", list("apple banana orange grape peach plum lemon mango cherry pear melon fig")},
      {"vegetable",
       list("onion carrot potato cabbage garlic celery lettuce yam pepper bean pea leek")},
      {"tool", list("hammer saw drill knife rope nail shovel wrench axe rake file spade")},
      {"instrument",
       list("flute piano violin drum trumpet guitar harp clarinet trombone bell banjo tuba")},
      {"furniture", list("chair table bed lamp sofa desk couch stove fridge oven bench shelf")},
      {"vehicle", list("car bus train boat truck plane bike ship van tram jeep sled")}};
  return all;
}

const Words& things() {
  static const Words all = [] {
    Words words;
    for (const Category& category : categories())
      words.insert(words.end(), category.members.begin(), category.members.end());
    return words;
  }();
  return all;
}

const std::string& category_of(const std::string& thing) {
  static const std::map<std::string, std::string> of = [] {
    std::map<std::string, std::string> map;
    for (const Category& category : categories())
      for (const std::string& member : category.members) map[member] = category.name;
    return map;
  }();
  return of.at(thing);
}

const Words& sided() {
  static const Words all = [] {
    Words words;
    for (const auto& [word, other] : opposites()) words.push_back(word);
    return words;
  }();
  return all;
}

const std::string& opposite(const std::string& word) { return opposites().at(word); }

const Words& colors() {
  static const Words all =
      list("red blue green yellow black white brown pink gray purple gold silver");
  return all;
}

const Words& people() {
  static const Words all = list(
      "Tom Ann Bob Eve Sam Joe Kim Max Lea Dan Amy Ben Zoe Tim Mia Leo Ida Ron Sue Jim Ada Ian Roy "
      "Fay");
  return all;
}

const Words& number_words() {
  static const Words all = list(
      "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
      "fifteen sixteen seventeen eighteen nineteen twenty");
  return all;
}

const Words& romans() {
  static const Words all =
      list("o i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx");
  return all;
}

const Words& fillers() {
  static const Words all = list(
      "please here is a question answer the following let us see now consider this think about it "
      "well so next task problem number of for you we look at read line then which has that do if "
      "these are what who correct order sentence complete rest making sure given word words tell "
      "does and follow instructions start list below text item my our can be will was not an by "
      "from with in");
  return all;
}

const Words& letters() {
  static const Words all = list("(A) (B) (C) (D)");
  return all;
}

}  // namespace lorahub::lab
