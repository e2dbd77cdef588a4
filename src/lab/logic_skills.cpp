// Questions answered by yes or no, and brackets.
#include <algorithm>

#include "base/text.hpp"
#include "lab/skill.hpp"

namespace lorahub::lab {
namespace {

Question yes_no(std::string body, bool yes) {
  return {.kind = AnswerKind::yes_no,
          .body = std::move(body),
          .options = {},
          .answer = {yes ? "yes" : "no"}};
}

constexpr std::string_view kOpening = "([{<", kClosing = ")]}>";

std::string one_bracket(Draw& draw) {
  return std::string(1, kOpening[draw.below(kOpening.size())]);
}

std::string partner(const std::string& opening) {
  return std::string(1, kClosing[kOpening.find(opening[0])]);
}

Words balanced_brackets(Draw& draw, size_t length) {
  Words open, all;
  while (all.size() < length) {
    if (!open.empty() && (all.size() + open.size() >= length || draw.chance(.45))) {
      all.push_back(partner(open.back()));
      open.pop_back();
    } else {
      open.push_back(one_bracket(draw));
      all.push_back(open.back());
    }
  }
  return all;
}

// A boolean expression of True, False, not, and, or, ( ).
std::string expression(Draw& draw, int depth) {
  const size_t kind = draw.below(10);
  if (depth == 0 || kind < 2) return draw.chance(.5) ? "True" : "False";
  if (kind < 5)
    return "not " +
           (draw.chance(.6) ? expression(draw, 0) : "( " + expression(draw, depth - 1) + " )");
  const auto part = [&] {
    const bool bare = draw.chance(.6);
    const std::string inner = expression(draw, depth - 1);
    return bare ? inner : "( " + inner + " )";
  };
  const std::string left = part();
  const std::string joint = draw.chance(.5) ? " and " : " or ";
  return left + joint + part();
}

// Evaluates an expression: `not` binds before `and`, `and` before `or`.
class BooleanEvaluator {
 public:
  explicit BooleanEvaluator(const std::string& text) : words_(base::split(text, ' ')) {}

  bool disjunction() {
    bool value = conjunction();
    while (take("or")) value = conjunction() || value;
    return value;
  }
  size_t size() const { return words_.size(); }

 private:
  bool conjunction() {
    bool value = negation();
    while (take("and")) value = negation() && value;
    return value;
  }
  bool negation() { return take("not") ? !negation() : atom(); }
  bool atom() {
    if (!take("(")) return words_.at(at_++) == "True";
    const bool value = disjunction();
    ++at_;  // the closing one
    return value;
  }
  bool take(std::string_view word) {
    const bool is = at_ < words_.size() && words_[at_] == word;
    at_ += is ? 1 : 0;
    return is;
  }

  Words words_;
  size_t at_ = 0;
};

}  // namespace

Question ask_member(const Asking& asking) {
  const Words words = asking.draw.some(things(), static_cast<size_t>(asking.draw.between(2, 4)));
  const bool in = asking.draw.chance(.5);
  Words others = things();
  std::erase_if(others, [&](const std::string& thing) {
    return std::find(words.begin(), words.end(), thing) != words.end();
  });
  const std::string asked = asking.draw.one(in ? words : others);
  return yes_no(asked + " ; " + base::join(words, " "), in);
}

Question ask_bool(const Asking& asking) {
  const bool wanted = asking.draw.chance(.5);
  for (;;) {
    const std::string text = expression(asking.draw, asking.draw.one<int>({1, 2, 2, 3}));
    BooleanEvaluator value(text);
    if (value.size() < 2 || value.size() > 14 || value.disjunction() != wanted) continue;
    if (asking.refused == nullptr || !asking.refused->contains(text)) return yes_no(text, wanted);
  }
}

Question ask_even(const Asking& asking) {
  const int number = asking.draw.between(0, 99);
  return yes_no(base::format("{}", number), number % 2 == 0);
}

Question ask_same(const Asking& asking) {
  const std::string one = asking.draw.one(things());
  const bool same = asking.draw.chance(.5);
  Words others = things();
  std::erase_if(others, [&](const std::string& other) {
    return other == one || (category_of(other) == category_of(one)) != same;
  });
  return yes_no(one + " , " + asking.draw.one(others), same);
}

// One bracket of a balanced row replaced by another kind: never balanced, as the numbers of
// opening and closing ones, or the kinds of a pair, differ then.
Question ask_balanced(const Asking& asking) {
  const bool balanced = asking.draw.chance(.5);
  Words row = balanced_brackets(asking.draw, asking.draw.one<size_t>({4, 6}));
  if (!balanced) {
    std::string& changed = row[asking.draw.below(row.size())];
    const std::string was = changed;
    while (changed == was) {
      const bool opening = asking.draw.chance(.5);
      changed = one_bracket(asking.draw);
      if (!opening) changed = partner(changed);
    }
  }
  return yes_no(base::join(row, " "), balanced);
}

Question ask_brackets(const Asking& asking) {
  for (;;) {
    Words open, all;
    const auto length = static_cast<size_t>(asking.draw.between(2, 8));
    while (all.size() < length) {
      if (!open.empty() && asking.draw.chance(.4)) {
        all.push_back(partner(open.back()));
        open.pop_back();
      } else {
        open.push_back(one_bracket(asking.draw));
        all.push_back(open.back());
      }
    }
    if (open.size() < 2 || open.size() > 5) continue;
    Words closing;
    for (auto it = open.rbegin(); it != open.rend(); ++it) closing.push_back(partner(*it));
    return {.kind = AnswerKind::list,
            .body = base::join(all, " "),
            .options = {},
            .answer = std::move(closing)};
  }
}

}  // namespace lorahub::lab
