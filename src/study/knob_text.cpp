// Those functions of knobs.hpp that write: the value of a knob as text, and the table for people.
#include "base/text.hpp"
#include "study/knobs.hpp"
#include "study/yaml_text.hpp"

namespace lorahub::study {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string limits_text(const Limits& limits) {
  return base::format("a whole number from {} to {}", limits.least, limits.most);
}

std::string range_text(Range range) {
  switch (range) {
    case Range::positive:
      return "a number above 0";
    case Range::from_zero:
      return "a number of at least 0";
    case Range::rate:
      return "a number of at least 0 and below 1";
    case Range::any:
      break;
  }
  return "a number";
}

// Describes the values that the knob takes.
std::string takes(const Knob& knob) {
  return std::visit(
      Overloaded{
          [](const WordKind&) -> std::string { return "a name"; },
          [](const IntegerKind& kind) { return limits_text(kind.limits); },
          [](const RealKind& kind) { return range_text(kind.range); },
          [](const SeedKind&) -> std::string { return "a seed: a whole number of at least 0"; },
          [](const ChoiceKind& kind) { return "one of " + base::join(kind.words(), ", "); },
          [](const PhraseKind& kind) { return std::string(kind.takes); }},
      knob.kind);
}

std::string or_dash(const std::string& text) { return text.empty() ? "–" : text; }

}  // namespace

std::string write(const Knob& knob, const Trial& trial) {
  return std::visit(
      Overloaded{[&](const WordKind& kind) { return kind.field(trial); },
                 [&](const IntegerKind& kind) { return std::to_string(kind.field(trial)); },
                 [&](const RealKind& kind) { return shortest(kind.field(trial)); },
                 [&](const SeedKind& kind) { return std::to_string(kind.field(trial)); },
                 [&](const ChoiceKind& kind) { return kind.words()[kind.get(trial)]; },
                 [&](const PhraseKind& kind) { return kind.write(trial); }},
      knob.kind);
}

std::string as_yaml(const Knob& knob, const Trial& trial) {
  if (const auto* word = std::get_if<WordKind>(&knob.kind)) return yaml_word(word->field(trial));
  if (const auto* phrase = std::get_if<PhraseKind>(&knob.kind)) return phrase->as_yaml(trial);
  return write(knob, trial);
}

Holds holds(const Knob& knob) {
  return std::visit(Overloaded{[](const WordKind&) { return Holds::text; },
                               [](const IntegerKind&) { return Holds::integer; },
                               [](const RealKind&) { return Holds::real; },
                               [](const SeedKind&) { return Holds::integer; },
                               [](const ChoiceKind&) { return Holds::text; },
                               [](const PhraseKind& kind) { return kind.column; }},
                    knob.kind);
}

std::string knob_table() {
  const Trial defaults;
  std::string text =
      "| knob | takes | unit | default | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const Knob& knob : knobs())
    text += base::format("| `{}` | {} | {} | {} | {} |\n", std::string_view(knob.name), takes(knob),
                         knob.unit == "none" ? "" : std::string_view(knob.unit),
                         or_dash(write(knob, defaults)), std::string_view(knob.meaning));
  return text +
         "\nThe table `/resolved` of a result file says what a default came to in a trial.\n";
}

}  // namespace lorahub::study
