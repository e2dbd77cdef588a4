// Every skill's answers by a check written another way: counts, positions in the text, brute force.
#include "lab/skill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <regex>

#include "base/text.hpp"
#include "lab/word_lists.hpp"

namespace lorahub::lab {
namespace {

Words words(const std::string& text) { return base::split(text, ' '); }

std::vector<int> numbers(const Words& texts) {
  std::vector<int> all;
  for (const std::string& text : texts) all.push_back(std::stoi(text));
  return all;
}

std::string join(const Words& words) { return base::join(words, " "); }

// The category whose list of members holds the word.
std::string kind_of(const std::string& word) {
  for (const Category& category : categories())
    if (std::ranges::count(category.members, word) > 0) return category.name;
  return "";
}

// The text cut at a word that stands in no parentheses.
std::vector<std::string> cut_at(const std::string& text, const std::string& word) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const std::string& w : words(text)) {
    depth += w == "(" ? 1 : w == ")" ? -1 : 0;
    if (depth == 0 && w == word)
      parts.emplace_back();
    else
      parts.back() += (parts.back().empty() ? "" : " ") + w;
  }
  return parts;
}

// Weakest word first: cut at `or`, then at `and`, then `not`, then parentheses.
bool by_cutting(const std::string& text) {
  if (const auto parts = cut_at(text, "or"); parts.size() > 1)
    return std::ranges::any_of(parts, by_cutting);
  if (const auto parts = cut_at(text, "and"); parts.size() > 1)
    return std::ranges::all_of(parts, by_cutting);
  if (text.starts_with("not ")) return !by_cutting(text.substr(4));
  if (text.starts_with("( ")) return by_cutting(text.substr(2, text.size() - 4));
  return text == "True";
}

bool closes(const std::string& row) {  // by removing "()" and the like until nothing changes
  std::string left;
  for (const char c : row)
    if (c != ' ') left += c;
  const std::regex pairs("\\(\\)|\\[\\]|\\{\\}|<>");
  for (std::string next = left;; left = next) {
    next = std::regex_replace(left, pairs, "");
    if (next == left) return left.empty();
  }
}

size_t times(const Words& in, const std::string& word) {
  return static_cast<size_t>(std::ranges::count(in, word));
}

// All that a question's text says of a right answer.
using Right = std::function<bool(const Question&)>;

Right option_such_that(const std::function<bool(const Question&, const std::string&)>& holds) {
  return [holds](const Question& q) {  // it holds for the answer and for no other option
    for (const std::string& option : q.options)
      if (holds(q, option) != (option == q.answer[0])) return false;
    return true;
  };
}

Right yes_if(const std::function<bool(const std::string&)>& holds) {
  return [holds](const Question& q) { return q.answer[0] == (holds(q.body) ? "yes" : "no"); };
}

Right number_of(const std::function<int(const std::string&)>& value) {
  return [value](const Question& q) { return std::stoi(q.answer[0]) == value(q.body); };
}

int first(const std::string& body) { return std::stoi(body); }
int second(const std::string& body) { return std::stoi(body.substr(body.find(',') + 1)); }

bool sorted_same(const Question& q, bool falling) {
  std::vector<int> shown = numbers(words(q.body)), said = numbers(q.answer);
  for (size_t i = 1; i < said.size(); ++i)
    if (falling ? said[i - 1] <= said[i] : said[i - 1] >= said[i]) return false;
  return std::ranges::is_permutation(shown, said);
}

const std::map<std::string, Right>& rights() {
  static const std::map<std::string, Right> all{
      {"max", option_such_that([](const Question& q, const std::string& o) {
         const auto n = numbers(q.options);
         return std::ranges::none_of(n, [&](int other) { return other > std::stoi(o); });
       })},
      {"min", option_such_that([](const Question& q, const std::string& o) {
         const auto n = numbers(q.options);
         return std::ranges::none_of(n, [&](int other) { return other < std::stoi(o); });
       })},
      {"find", option_such_that([](const Question& q, const std::string& o) { return o == q.body; })},
      {"odd", option_such_that([](const Question& q, const std::string& o) {
         size_t alike = 0;
         for (const std::string& other : q.options) alike += kind_of(other) == kind_of(o) ? 1 : 0;
         return alike == 1;
       })},
      {"kind", option_such_that(
                   [](const Question& q, const std::string& o) { return kind_of(q.body) == o; })},
      {"isa", option_such_that(
                  [](const Question& q, const std::string& o) { return kind_of(o) == q.body; })},
      {"opp", option_such_that([](const Question& q, const std::string& o) {
         return opposite(q.body) == o && opposite(o) == q.body && o != q.body;
       })},
      {"after", option_such_that([](const Question& q, const std::string& o) {
         return std::stoi(o) - std::stoi(q.body) == 1;
       })},
      {"color", option_such_that([](const Question& q, const std::string& o) {
         const std::string asked = q.body.substr(q.body.rfind(' ') + 1);
         return (", " + q.body).find(", " + asked + " " + o + " ") != std::string::npos;
       })},
      {"twice", option_such_that(
                    [](const Question& q, const std::string& o) { return times(words(q.body), o) == 2; })},
      {"last", option_such_that(
                   [](const Question& q, const std::string& o) { return (" " + q.body).ends_with(" " + o); })},
      {"first", option_such_that(
                    [](const Question& q, const std::string& o) { return q.body.starts_with(o + " "); })},
      {"miss", option_such_that(
                   [](const Question& q, const std::string& o) { return times(words(q.body), o) == 0; })},
      {"abc", option_such_that([](const Question& q, const std::string& o) {
         return std::ranges::none_of(q.options, [&](const std::string& other) { return other < o; });
       })},
      {"member", yes_if([](const std::string& body) {
         const size_t at = body.find(" ; ");
         return times(words(body.substr(at + 3)), body.substr(0, at)) > 0;
       })},
      {"bool", yes_if(by_cutting)},
      {"even", yes_if([](const std::string& body) {
         return std::string("02468").find(body.back()) != std::string::npos;
       })},
      {"same", yes_if([](const std::string& body) {
         const size_t at = body.find(" , ");
         return kind_of(body.substr(0, at)) == kind_of(body.substr(at + 3));
       })},
      {"balanced", yes_if(closes)},
      {"dyck", [](const Question& q) {
         return closes(q.body + " " + join(q.answer)) && !closes(q.body) &&
                join(q.answer).find_first_of("([{<") == std::string::npos;
       }},
      {"len", number_of([](const std::string& body) {
         return static_cast<int>(std::ranges::count(body, ' ')) + 1;
       })},
      {"add", number_of([](const std::string& body) { return first(body) + second(body); })},
      {"sub", number_of([](const std::string& body) { return first(body) - second(body); })},
      {"succ", number_of([](const std::string& body) { return first(body) + 1; })},
      {"pred", number_of([](const std::string& body) { return first(body) - 1; })},
      {"dbl", number_of([](const std::string& body) { return first(body) + first(body); })},
      {"copy", [](const Question& q) { return q.body == join(q.answer); }},
      {"rev", [](const Question& q) {
         const Words shown = words(q.body);
         return std::equal(shown.begin(), shown.end(), q.answer.rbegin(), q.answer.rend());
       }},
      {"swap", [](const Question& q) {
         const Words shown = words(q.body);
         bool inner = shown.size() == q.answer.size();
         for (size_t i = 1; inner && i + 1 < shown.size(); ++i) inner = shown[i] == q.answer[i];
         return inner && shown.front() == q.answer.back() && shown.back() == q.answer.front();
       }},
      {"rot", [](const Question& q) {
         const size_t at = q.body.find(' ');
         return join(q.answer) == q.body.substr(at + 1) + " " + q.body.substr(0, at);
       }},
      {"sort", [](const Question& q) { return sorted_same(q, /*falling=*/false); }},
      {"desc", [](const Question& q) { return sorted_same(q, /*falling=*/true); }},
      {"cats", [](const Question& q) {
         const Words shown = words(q.body);
         return std::ranges::equal(shown, q.answer, {}, kind_of);
       }},
      {"opps", [](const Question& q) {
         const Words shown = words(q.body);
         return std::ranges::equal(shown, q.answer, {}, [](const auto& w) { return opposite(w); });
       }}};
  return all;
}

TEST(Skill, answers_are_right_and_the_only_ones) {
  ASSERT_EQ(rights().size(), skills().size());
  for (const Skill& skill : skills())
    for (const size_t options : {2, 3, 4}) {
      Draw draw(options, "skill_test/" + skill.name);
      for (int i = 0; i < 200; ++i) {
        const Question q = skill.ask({.draw = draw, .options = options});
        ASSERT_TRUE(rights().at(skill.name)(q))
            << skill.name << ": " << q.body << " | " << join(q.options) << " | " << join(q.answer);
        EXPECT_EQ(q.kind, skill.kind);
        if (skill.kind != AnswerKind::choice) continue;
        EXPECT_EQ(q.options.size(), skill.name == "odd" ? std::max<size_t>(3, options) : options);
        for (const std::string& option : q.options) EXPECT_EQ(times(q.options, option), 1U);
      }
    }
}

TEST(Skill, no_answer_is_more_likely_by_its_place) {
  for (const Skill& skill : skills()) {
    if (skill.kind != AnswerKind::choice) continue;
    Draw draw(1, "places/" + skill.name);
    std::vector<int> at(4);
    for (int i = 0; i < 2000; ++i) {
      const Question q = skill.ask({.draw = draw});
      ++at[static_cast<size_t>(std::ranges::find(q.options, q.answer[0]) - q.options.begin())];
    }
    for (const int count : at) EXPECT_NEAR(count, 500, 100) << skill.name;  // 5 deviations
  }
}

TEST(Skill, refused_expressions_are_never_made) {
  Draw draw(1, "all"), again(1, "all");
  std::set<std::string> some;
  for (int i = 0; i < 300; ++i) some.insert(ask_bool({.draw = draw}).body);
  const std::set<std::string> refused = some;
  for (int i = 0; i < 300; ++i)
    EXPECT_FALSE(refused.contains(ask_bool({.draw = again, .refused = &refused}).body));
}

TEST(Words, no_word_has_two_meanings_that_meet) {
  Words all = things();
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  EXPECT_EQ(all.size(), 88U);
  EXPECT_EQ(sided().size(), 40U);
  for (const std::string& word : sided()) EXPECT_EQ(opposite(opposite(word)), word);
  EXPECT_EQ(number_words().size(), 21U);
  EXPECT_EQ(romans().size(), 21U);
}

}  // namespace
}  // namespace lorahub::lab
