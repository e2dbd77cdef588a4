// Questions with options.
#include <algorithm>

#include "base/text.hpp"
#include "lab/skill.hpp"

namespace lorahub::lab {
namespace {

constexpr int kNumbers = 100;  // 0 to 99 are words of the world

// The right option among wrong ones, in random order.
Question choice(Draw& draw, std::string body, const std::string& right, Words wrong) {
  wrong.push_back(right);
  draw.shuffle(wrong);
  return {.kind = AnswerKind::choice,
          .body = std::move(body),
          .options = std::move(wrong),
          .answer = {right}};
}

// The first of `words` is right.
Question first_is_right(Draw& draw, std::string body, const Words& words) {
  return choice(draw, std::move(body), words[0], {words.begin() + 1, words.end()});
}

std::vector<int> numbers(Draw& draw, size_t count) {
  std::vector<int> all;
  for (int i = 0; i < kNumbers; ++i) all.push_back(i);
  return draw.some(all, count);
}

Words as_words(const std::vector<int>& numbers) {
  Words words;
  for (const int n : numbers) words.push_back(base::format("{}", n));
  return words;
}

Question extreme(const Asking& asking, bool largest) {
  std::vector<int> all = numbers(asking.draw, asking.options);
  const auto right =
      largest ? std::max_element(all.begin(), all.end()) : std::min_element(all.begin(), all.end());
  std::iter_swap(all.begin(), right);
  return first_is_right(asking.draw, "", as_words(all));
}

Words joined(std::initializer_list<const Words*> lists) {
  Words all;
  for (const Words* list : lists) all.insert(all.end(), list->begin(), list->end());
  return all;
}

std::vector<Category> kinds(const Asking& asking, size_t count) {
  return asking.draw.some(categories(), count);
}

// Different things, as many as there are options.
Words different_things(const Asking& asking) { return asking.draw.some(things(), asking.options); }

}  // namespace

Question ask_max(const Asking& asking) { return extreme(asking, /*largest=*/true); }
Question ask_min(const Asking& asking) { return extreme(asking, /*largest=*/false); }

Question ask_find(const Asking& asking) {
  static const Words all = joined({&things(), &people(), &colors(), &sided()});
  const Words words = asking.draw.some(all, asking.options);
  return first_is_right(asking.draw, words[0], words);
}

Question ask_odd(const Asking& asking) {
  const size_t options = std::max<size_t>(3, asking.options);
  const auto two = kinds(asking, 2);
  const std::string right = asking.draw.one(two[1].members);
  return choice(asking.draw, "", right, asking.draw.some(two[0].members, options - 1));
}

Question ask_kind(const Asking& asking) {
  Words names;
  const auto some = kinds(asking, asking.options);
  for (const Category& category : some) names.push_back(category.name);
  const std::string thing = asking.draw.one(some[0].members);
  return first_is_right(asking.draw, thing, names);
}

Question ask_isa(const Asking& asking) {
  Words members;
  const auto some = kinds(asking, asking.options);
  for (const Category& category : some) members.push_back(asking.draw.one(category.members));
  return first_is_right(asking.draw, some[0].name, members);
}

Question ask_opposite(const Asking& asking) {
  const std::string word = asking.draw.one(sided()), right = opposite(word);
  Words others = sided();
  std::erase_if(others, [&](const std::string& other) { return other == word || other == right; });
  return choice(asking.draw, word, right, asking.draw.some(others, asking.options - 1));
}

Question ask_after(const Asking& asking) {
  const int number = asking.draw.between(0, kNumbers - 2);
  std::vector<int> others = numbers(asking.draw, asking.options);
  const auto same = std::find(others.begin(), others.end(), number + 1);
  others.erase(same == others.end() ? others.end() - 1 : same);
  const std::string right = base::format("{}", number + 1);
  return choice(asking.draw, base::format("{}", number), right, as_words(others));
}

Question ask_color(const Asking& asking) {
  const Words objects = different_things(asking);
  const Words shades = asking.draw.some(colors(), asking.options);
  Words pairs;
  for (size_t i = 0; i < objects.size(); ++i) pairs.push_back(objects[i] + " " + shades[i]);
  const size_t which = asking.draw.below(objects.size());
  Words wrong = shades;
  wrong.erase(wrong.begin() + static_cast<ptrdiff_t>(which));
  return choice(asking.draw, base::join(pairs, " , ") + " ; " + objects[which], shades[which],
                std::move(wrong));
}

Question ask_twice(const Asking& asking) {
  const Words words = different_things(asking);
  Words shown = words;
  shown.push_back(words[0]);
  asking.draw.shuffle(shown);
  return first_is_right(asking.draw, base::join(shown, " "), words);
}

Question ask_last(const Asking& asking) {
  Words words = different_things(asking);
  const std::string body = base::join(words, " ");
  std::swap(words.front(), words.back());
  return first_is_right(asking.draw, body, words);
}

Question ask_first(const Asking& asking) {
  const Words words = different_things(asking);
  return first_is_right(asking.draw, base::join(words, " "), words);
}

Question ask_missing(const Asking& asking) {
  const Words words = different_things(asking);
  Words shown(words.begin() + 1, words.end());
  asking.draw.shuffle(shown);
  return first_is_right(asking.draw, base::join(shown, " "), words);
}

Question ask_alphabet(const Asking& asking) {
  Words names = asking.draw.some(people(), asking.options);
  std::iter_swap(names.begin(), std::min_element(names.begin(), names.end()));
  return first_is_right(asking.draw, "", names);
}

}  // namespace lorahub::lab
