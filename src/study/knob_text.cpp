// Those functions of knobs.hpp that write: the value of a knob as text, and what people read about
// knobs.
#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "study/compositions.hpp"
#include "study/fields.hpp"
#include "study/knobs.hpp"
#include "study/yaml_text.hpp"

namespace lorahub::study {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // which clang++ before 17 does not deduce

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
    case Range::fraction:
      return "a number above 0 and at most 1";
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

std::string_view unit(const Knob& knob) {
  return knob.unit == "none" ? std::string_view() : std::string_view(knob.unit);
}

std::string facts(const Knob& knob) {
  std::string text = base::format("{}\n", std::string_view(knob.name));
  const auto line = [&](std::string_view fact, std::string_view what) {
    if (!what.empty()) text += base::format("  {:<8} {}\n", fact, what);
  };
  line("means", knob.meaning);
  line("takes", takes(knob));
  line("unit", unit(knob));
  line("default", default_text(knob));
  line("read by", readers(knob));
  return text;
}

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

std::string default_text(const Knob& knob) { return write(knob, Trial{}); }

std::string readers(const Knob& knob) {
  const auto reads = [&](Method method, Composition composition) {
    Trial trial{.task_files = {.pool = "pool", .test = "test"},
                .method = method,
                .composition = composition,
                .uniform_weight = 1,
                .loss = LossKind::ask,
                .held_out = 1,
                .labels = Labels::shuffled};
    if (knob.read_by(trial)) return true;
    trial.train.descent = Descent::bfgs;
    trial.train.smoothing = 1;
    trial.search.stop = 1;
    trial.loss = LossKind::official;
    trial.search.time = 1;
    return knob.read_by(trial);
  };
  std::vector<std::string> methods;
  for (const MethodInfo& row : kMethods)
    if (std::ranges::any_of(kCompositions, [&](const CompositionInfo& composed) {
          return reads(row.method, composed.composition);
        }))
      methods.emplace_back(row.word);
  const std::string names =
      methods.size() == kMethods.size() ? "every method" : base::join(methods, ", ");
  const std::string_view condition = knob.read_by.condition();
  return condition.empty() ? names : base::format("{} ({})", names, condition);
}

std::string knob_table() {
  std::string text =
      "| knob | takes | unit | default | meaning | read by |\n| --- | --- | --- | --- | --- | --- "
      "|\n";
  for (const Knob& knob : knobs())
    text += base::format("| `{}` | {} | {} | {} | {} | {} |\n", std::string_view(knob.name),
                         takes(knob), unit(knob), or_dash(default_text(knob)),
                         std::string_view(knob.meaning), readers(knob));
  return text +
         "\nThe table `/resolved` of a result file says what a default came to in a trial.\n";
}

std::string knob_text(const std::string& name) {
  std::vector<std::string> texts;
  for (const Knob& knob : knobs())
    if (knob.name == name || knob.name.starts_with(name + ".")) texts.push_back(facts(knob));
  base::check(!texts.empty(), "{}", unknown_knob(name));
  return base::join(texts, "\n");
}

}  // namespace lorahub::study
