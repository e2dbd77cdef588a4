#include "study/fields.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace lorahub::study {

namespace {

// The place of the value's word among those of the choice. Error that names the place of the value
// in its file.
size_t place_in(const ChoiceKind& choice, const Knob& knob, const Value& value) {
  const auto word = scalar(value);
  try {
    return place_of(word, knob.name, choice.words());
  } catch (const base::Error& error) {
    fail_at(value, "{}", error.what());
  }
}

// Gives a knob its default.
struct Resetting {
  Trial& trial;
  const Trial made = {};

  // Words and phrases have grammars of their own: a task may be called `auto`.
  bool operator()(const WordKind&) const { return false; }
  bool operator()(const PhraseKind&) const { return false; }
  bool operator()(const SeedKind&) const { return false; }
  bool operator()(const IntegerKind& kind) const { return copy(kind.field); }
  bool operator()(const RealKind& kind) const { return copy(kind.field); }
  bool operator()(const ChoiceKind& kind) const {
    kind.set(trial, kind.get(made));
    return true;
  }
  template <class T>
  bool copy(const KnobField<T>& field) const {
    field(trial) = field(made);
    return true;
  }
};

bool is_auto(const Value& value) { return value.node.IsScalar() && scalar(value) == "auto"; }

struct KnobReading {
  const Knob& knob;
  const Value& value;
  Trial& trial;

  void operator()(const WordKind& kind) const { kind.field(trial) = scalar(value); }
  void operator()(const IntegerKind& kind) const {
    kind.field(trial) = integer(value, kind.limits);
  }
  void operator()(const RealKind& kind) const { kind.field(trial) = real(value, kind.range); }
  void operator()(const SeedKind& kind) const { kind.field(trial) = seed(value); }
  void operator()(const ChoiceKind& kind) const { kind.set(trial, place_in(kind, knob, value)); }
  void operator()(const PhraseKind& kind) const { kind.read(value, trial); }
};

}  // namespace

void read(const Knob& knob, const Value& value, Trial& trial) {
  if (is_auto(value) && std::visit(Resetting{.trial = trial}, knob.kind)) return;
  std::visit(KnobReading{.knob = knob, .value = value, .trial = trial}, knob.kind);
}

namespace {

// The first knob of a group, as search.method is of `search`; "" where there is no such group.
std::string first_of_group(const std::string& key) {
  const auto found = std::ranges::find_if(
      knobs(), [&](const Knob& knob) { return knob.name.starts_with(key + "."); });
  return found == std::ranges::end(knobs()) ? "" : std::string(found->name);
}

// `budget` means search.budget: people leave the group away. "" where none is near.
std::string nearest_knob(const std::string& key) {
  if (std::string first = first_of_group(key); !first.empty()) return first;
  std::vector<std::string> names, last;  // last: the parts behind the dot
  for (const auto& knob : knobs()) {
    names.emplace_back(knob.name);
    last.push_back(names.back().substr(names.back().find('.') + 1));
  }
  const std::string word = base::nearest(key, last);
  const bool near = !word.empty() && base::nearest(key, {word, base::nearest(key, names)}) == word;
  return near ? names[static_cast<size_t>(std::ranges::find(last, word) - last.begin())]
              : base::nearest(key, names);
}

}  // namespace

std::string unknown_knob(const std::string& name) {
  const std::string nearest = nearest_knob(name);
  return base::format("unknown knob '{}' (lorahub knobs lists them){}", name,
                      nearest.empty() ? "" : base::format(", did you mean '{}'?", nearest));
}

void check_known(const Entry& entry) {
  if (find_knob(entry.key) == nullptr) fail_at(entry.value, "{}", unknown_knob(entry.key));
}

std::vector<Entry> knob_entries(const std::vector<Entry>& given) {
  std::vector<Entry> list;
  for (const auto& entry : given) {
    if (entry.value.node.IsMap() && !first_of_group(entry.key).empty()) {
      for (const auto& inner : entries(entry.value))
        list.push_back({.key = entry.key + "." + inner.key, .value = inner.value});
    } else {
      list.push_back(entry);
    }
  }
  std::map<std::string, const Value*> seen;
  for (const auto& entry : list) {
    check_known(entry);
    const auto [first, is_new] = seen.emplace(entry.key, &entry.value);
    if (!is_new)
      fail_at(entry.value, "'{}' is given twice (the first time on line {}), keep one of them",
              entry.key, first->second->line);
  }
  return list;
}

std::vector<Entry> setting_entries(
    const std::vector<std::pair<std::string, std::string>>& settings) {
  std::vector<Entry> list;
  for (const auto& setting : settings) {
    Entry entry{.key = setting.first, .value = parse_setting(setting)};
    check_known(entry);
    if (std::ranges::find(list, entry.key, &Entry::key) != list.end())
      fail_at(entry.value, "'{}' is set twice on the command line (which one holds?), keep one",
              entry.key);
    list.push_back(std::move(entry));
  }
  return list;
}

void assign(const Values& values, Trial& trial) {
  for (const auto& knob : knobs()) {
    const auto found = values.find(std::string(knob.name));
    if (found == values.end()) continue;
    Value value = found->second;
    value.knob = knob.name;
    read(knob, value, trial);
  }
}

}  // namespace lorahub::study
