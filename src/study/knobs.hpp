// The knobs: every setting of a trial, one row each. Reading YAML, the identity of trials, columns,
// equal searches and the list for people come from this table. A new knob of numbers is a field in
// trial.hpp and a row in knobs.cpp; configs/study.schema.json is written anew then.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "study/choices.hpp"
#include "study/numbers.hpp"
#include "study/required.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

struct Value;  // document.hpp

// field<&Trial::search, &Search::budget>(trial) is trial.search.budget.
template <auto... Members>
auto& field(Trial& trial) {
  return (trial.*....*Members);
}

// Which field of a trial a knob is; works on constant and on other trials.
template <class T>
class KnobField {
 public:
  constexpr KnobField(T& (*of)(Trial&)) : of_(of) {}
  T& operator()(Trial& trial) const { return of_(trial); }
  const T& operator()(const Trial& trial) const { return of_(const_cast<Trial&>(trial)); }

 private:
  T& (*of_)(Trial&);
};

// What the column of a knob holds. It holds texts where some value is no number ("all").
enum class Holds { text, integer, real };

// The kinds of knobs: the values that a knob takes, and its field in a trial.
struct WordKind {
  KnobField<std::string> field;
};
struct IntegerKind {
  KnobField<int> field;
  Limits limits;
};
struct RealKind {
  KnobField<double> field;
  Range range;
};
struct SeedKind {
  KnobField<uint64_t> field;
};
struct ChoiceKind {  // one of the words of an enumeration
  const std::vector<std::string>& (*words)();
  size_t (*get)(const Trial&);
  void (*set)(Trial&, size_t);
};
// Its values have a grammar of their own (phrases.hpp).
struct PhraseKind {
  Required takes;  // for people: "a count, `all`, or a list of names"
  Holds column;
  void (*read)(const Value&, Trial&);
  std::string (*write)(const Trial&);    // "" where other knobs say it
  std::string (*as_yaml)(const Trial&);  // the same as YAML
  std::string (*schema)();               // JSON: a schema that its values fulfil
};
using KnobKind = std::variant<WordKind, IntegerKind, RealKind, SeedKind, ChoiceKind, PhraseKind>;

template <auto... Members>
constexpr ChoiceKind choice() {
  using Enum = std::remove_reference_t<decltype(field<Members...>(std::declval<Trial&>()))>;
  return {.words = words<Enum>,
          .get =
              [](const Trial& trial) {
                return static_cast<size_t>(KnobField<Enum>(field<Members...>)(trial));
              },
          .set = [](Trial& trial,
                    size_t place) { field<Members...>(trial) = static_cast<Enum>(place); }};
}

// Whether a trial reads the knob: a knob that it does not read is no part of its identity.
// `condition`: what must hold besides the method, for people; "": nothing.
class ReadBy {
 public:
  constexpr ReadBy(bool (*reads)(const Trial&), std::string_view condition = "")
      : reads_(reads), condition_(condition) {}
  bool operator()(const Trial& trial) const { return reads_(trial); }
  std::string_view condition() const { return condition_; }

 private:
  bool (*reads_)(const Trial&);
  std::string_view condition_;
};

struct Knob {
  Required name;  // in YAML and of its column
  KnobKind kind;
  Required unit;     // of numbers; "none" of words
  Required meaning;  // one line; for numbers it stands in the result file, too
  ReadBy read_by;
  // Whether it decides what loss a candidate has, and not only which candidates are tried, or how
  // test rows are answered.
  bool (*changes_loss)(const Trial&) = [](const Trial&) { return true; };
  bool is_column = true;  // false: it is no part of the identity of a trial, either
  // Whether a trial reads the knob only where it is not at its default. Its empty column then
  // stands for the default, and not for a knob without effect.
  bool unread_at_default = false;
};

// All knobs, in the order of the columns. They are read in this order, too: `seed` before
// seed.modules, so that the specific one wins.
std::span<const Knob> knobs();
const Knob* find_knob(std::string_view name);  // null where there is none

// The value of a knob as its column has it, numbers shortest-exact; "" where other knobs say it.
std::string write(const Knob& knob, const Trial& trial);
// The same as YAML, to be read again.
std::string as_yaml(const Knob& knob, const Trial& trial);

Holds holds(const Knob& knob);

// The value of a knob that the study leaves out; "" where there is none.
std::string default_text(const Knob& knob);

// Says which methods read the knob, and on what condition.
std::string readers(const Knob& knob);

// A table of all knobs in Markdown, for people: name, what it takes, unit, default, meaning, who
// reads it.
std::string knob_table();

// The same of one knob, or of each knob of a group (`search`), a line a fact. Error for an unknown
// one, with the nearest.
std::string knob_text(const std::string& name);

}  // namespace lorahub::study
