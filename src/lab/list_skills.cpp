// Questions answered by a number or by a row of words.
#include <algorithm>

#include "base/text.hpp"
#include "lab/skill.hpp"

namespace lorahub::lab {
namespace {

constexpr int kMost = 20;  // numbers that have a word and a Roman numeral

Question number(std::string body, int value) {
  return {.kind = AnswerKind::number,
          .body = std::move(body),
          .options = {},
          .answer = {base::format("{}", value)}};
}

Question list(const Words& shown, Words answer) {
  return {.kind = AnswerKind::list,
          .body = base::join(shown, " "),
          .options = {},
          .answer = std::move(answer)};
}

Words different_things(const Asking& asking, int least) {
  return asking.draw.some(things(), static_cast<size_t>(asking.draw.between(least, 4)));
}

Question ordered(const Asking& asking, bool falling) {
  std::vector<int> numbers;
  for (int i = 0; i < 100; ++i) numbers.push_back(i);
  numbers = asking.draw.some(numbers, static_cast<size_t>(asking.draw.between(2, 4)));
  Words shown, answer;
  for (const int n : numbers) shown.push_back(base::format("{}", n));
  std::sort(numbers.begin(), numbers.end());
  if (falling) std::reverse(numbers.begin(), numbers.end());
  for (const int n : numbers) answer.push_back(base::format("{}", n));
  return list(shown, std::move(answer));
}

}  // namespace

Question ask_length(const Asking& asking) {
  Words words(static_cast<size_t>(asking.draw.between(1, 8)));
  for (std::string& word : words) word = asking.draw.one(things());
  return number(base::join(words, " "), static_cast<int>(words.size()));
}

Question ask_sum(const Asking& asking) {
  const int sum = asking.draw.between(0, kMost), first = asking.draw.between(0, sum);
  return number(base::format("{} , {}", first, sum - first), sum);
}

Question ask_difference(const Asking& asking) {
  const int first = asking.draw.between(0, kMost), second = asking.draw.between(0, first);
  return number(base::format("{} , {}", first, second), first - second);
}

Question ask_successor(const Asking& asking) {
  const int n = asking.draw.between(0, kMost - 1);
  return number(base::format("{}", n), n + 1);
}

Question ask_predecessor(const Asking& asking) {
  const int n = asking.draw.between(1, kMost);
  return number(base::format("{}", n), n - 1);
}

Question ask_double(const Asking& asking) {
  const int n = asking.draw.between(0, kMost / 2);
  return number(base::format("{}", n), 2 * n);
}

Question ask_copy(const Asking& asking) {
  const Words words = different_things(asking, 2);
  return list(words, words);
}

Question ask_reverse(const Asking& asking) {
  const Words words = different_things(asking, 2);
  return list(words, {words.rbegin(), words.rend()});
}

Question ask_swap(const Asking& asking) {
  const Words words = different_things(asking, 3);
  Words answer = words;
  std::swap(answer.front(), answer.back());
  return list(words, std::move(answer));
}

Question ask_rotate(const Asking& asking) {
  const Words words = different_things(asking, 3);
  Words answer = words;
  std::rotate(answer.begin(), answer.begin() + 1, answer.end());
  return list(words, std::move(answer));
}

Question ask_rising(const Asking& asking) { return ordered(asking, /*falling=*/false); }
Question ask_falling(const Asking& asking) { return ordered(asking, /*falling=*/true); }

Question ask_labels(const Asking& asking) {
  const Words words = different_things(asking, 2);
  Words answer;
  for (const std::string& word : words) answer.push_back(category_of(word));
  return list(words, std::move(answer));
}

Question ask_opposites(const Asking& asking) {
  const Words words = asking.draw.some(sided(), static_cast<size_t>(asking.draw.between(2, 4)));
  Words answer;
  for (const std::string& word : words) answer.push_back(opposite(word));
  return list(words, std::move(answer));
}

}  // namespace lorahub::lab
