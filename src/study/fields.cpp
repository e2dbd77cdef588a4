#include "study/fields.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"
#include "study/names.hpp"

namespace lorahub::study {

namespace {

using Read = std::function<void(const Value&, Trial&)>;
using Write = std::function<std::string(const Trial&)>;
template <class T>
using Field = T& (*)(Trial&);

// The field of a constant trial: fields are functions of a mutable one, so that each is named once.
template <class T>
const T& get(const Trial& trial, Field<T> field) {
  return field(const_cast<Trial&>(trial));
}

std::string text(double x) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

Knob word_knob(std::string name, Field<std::string> field) {
  return {std::move(name), [field](const Value& v, Trial& t) { field(t) = scalar(v); },
          [field](const Trial& t) { return get(t, field); }};
}

Knob int_knob(std::string name, Field<int> field, Limits limits) {
  return {std::move(name), [=](const Value& v, Trial& t) { field(t) = integer(v, limits); },
          [field](const Trial& t) { return std::to_string(get(t, field)); }};
}

Knob real_knob(std::string name, Field<double> field, Range range) {
  return {std::move(name), [=](const Value& v, Trial& t) { field(t) = real(v, range); },
          [field](const Trial& t) { return text(get(t, field)); }};
}

template <class Enum>
Knob enum_knob(std::string name, Field<Enum> field) {
  const auto read = [field, name](const Value& v, Trial& t) {
    const auto word = scalar(v);
    try {
      field(t) = parse<Enum>(word, name);
    } catch (const base::Error& error) {
      fail_at(v, "{}", error.what());
    }
  };
  return {std::move(name), read, [field](const Trial& t) { return study::name(get(t, field)); }};
}

Knob seed_knob(std::string name, Field<uint64_t> field) {
  return {std::move(name), [field](const Value& v, Trial& t) { field(t) = seed(v); },
          [field](const Trial& t) { return std::to_string(get(t, field)); }};
}

void read_seeds(const Value& value, Trial& trial) {
  const auto s = seed(value);
  trial.seed = {.modules = s, .shots = s, .search = s};
}

void read_modules(const Value& value, Trial& trial) {
  trial.modules = {};
  if (value.node.IsSequence()) {
    std::set<std::string> seen;
    for (const auto& item : items(value)) {
      const auto word = scalar(item);
      if (!seen.insert(word).second) fail_at(item, "module '{}' is listed twice, keep one", word);
      trial.modules.names.push_back(word);
    }
  } else if (scalar(value) == "all") {
    trial.modules.count = 0;
  } else {
    const auto n = number<int64_t>(value, "a count of modules, `all`, or a list of their names");
    if (n < 1)
      fail_at(value, "{}{} is too small, take at least 1 module or `all`", value.called(), n);
    trial.modules.count = integer(value, {.least = 1, .most = kMostOfMany});
  }
}

std::string write_modules(const Trial& trial) {
  const auto& m = trial.modules;
  if (!m.names.empty()) return "[" + base::join(m.names, ",") + "]";
  return m.count == 0 ? "all" : std::to_string(m.count);
}

void read_shots(const Value& value, Trial& trial) {
  trial.shots = {};
  if (value.node.IsSequence()) {
    std::set<int> seen;
    for (const auto& item : items(value)) {
      const auto row = integer(item, {.least = 0});
      if (!seen.insert(row).second) fail_at(item, "row {} is listed twice, keep one", row);
      trial.shots.rows.push_back(row);
    }
    trial.shots.count = static_cast<int>(trial.shots.rows.size());
  } else {
    number<int64_t>(value, "a count of shots or a list of rows of the pool");
    trial.shots.count = integer(value, {.least = 0, .most = kMostOfMany});
  }
}

std::string write_shots(const Trial& trial) {
  const auto& s = trial.shots;
  if (s.rows.empty()) return std::to_string(s.count);
  return base::format("[{}]", fmt::join(s.rows, ","));
}

void read_dropout(const Value& value, Trial& trial) {
  trial.train.dropout = real(value, Range::from_zero);
  if (trial.train.dropout >= 1)
    fail_at(value, "{} is too large, a rate of dropout is below 1", text(trial.train.dropout));
}

// "none", or a way and how many are kept: "probe 5".
void read_retrieve(const Value& value, Trial& trial) {
  const std::string text = scalar(value);
  const size_t space = text.find(' ');
  try {
    trial.retrieve.by = parse<RetrieveBy>(text.substr(0, space), "retrieve");
  } catch (const base::Error& error) {
    fail_at(value, "{}", error.what());
  }
  const std::string count = space == std::string::npos ? "" : base::strip(text.substr(space));
  const auto* const end = count.data() + count.size();
  trial.retrieve.count = 0;
  const auto [stop, error] = std::from_chars(count.data(), end, trial.retrieve.count);
  const bool some = trial.retrieve.by != RetrieveBy::none;
  if (some ? error != std::errc() || stop != end || trial.retrieve.count < 1 : !count.empty())
    fail_at(value,
            "retrieve '{}' does not say how many modules are kept, write none or for "
            "example probe 5",
            text);
}

std::string write_retrieve(const Trial& trial) {
  const std::string& by = name(trial.retrieve.by);
  return trial.retrieve.by == RetrieveBy::none ? by
                                               : base::format("{} {}", by, trial.retrieve.count);
}

std::vector<Knob> table() {
  return {
      word_knob(
          "model", [](Trial & t) -> auto& { return t.model; }),
      word_knob(
          "library", [](Trial & t) -> auto& { return t.library; }),
      int_knob("rank", [](Trial & t) -> auto& { return t.rank; }, {.least = 0, .most = kMostRank}),
      {"modules", read_modules, write_modules},
      word_knob(
          "task", [](Trial & t) -> auto& { return t.task; }),
      {"task.max_input",
       [](const Value& v, Trial& t) { t.max_input = integer(v, {.least = 1, .most = kMostInput}); },
       {}},
      {"shots", read_shots, write_shots},
      enum_knob<Labels>(
          "labels", [](Trial & t) -> auto& { return t.labels; }),
      {"retrieve", read_retrieve, write_retrieve},
      enum_knob<Method>(
          "method", [](Trial & t) -> auto& { return t.method; }),
      enum_knob<Composition>(
          "composition", [](Trial & t) -> auto& { return t.composition; }),
      enum_knob<LossKind>(
          "loss", [](Trial & t) -> auto& { return t.loss; }),
      enum_knob<PenaltyKind>(
          "penalty.kind", [](Trial & t) -> auto& { return t.penalty.kind; }),
      real_knob(
          "penalty.weight", [](Trial & t) -> auto& { return t.penalty.weight; }, Range::from_zero),
      enum_knob<SearchMethod>(
          "search.method", [](Trial & t) -> auto& { return t.search.method; }),
      int_knob("search.population", [](Trial & t) -> auto& { return t.search.population; },
               {.least = 0, .most = kMostOfMany}),
      int_knob("search.runs", [](Trial & t) -> auto& { return t.search.runs; },
               {.least = 1, .most = kMostRuns}),
      real_knob(
          "search.sigma0", [](Trial & t) -> auto& { return t.search.sigma0; }, Range::positive),
      real_knob(
          "search.mean0", [](Trial & t) -> auto& { return t.search.mean0; }, Range::any),
      int_knob("search.budget", [](Trial & t) -> auto& { return t.search.budget; },
               {.least = 1, .most = kMostBudget}),
      real_knob(
          "search.bound", [](Trial & t) -> auto& { return t.search.bound; }, Range::positive),
      enum_knob<Recommend>(
          "search.recommend", [](Trial & t) -> auto& { return t.search.recommend; }),
      real_knob(
          "train.lr", [](Trial & t) -> auto& { return t.train.lr; }, Range::from_zero),
      int_knob("train.epochs", [](Trial & t) -> auto& { return t.train.epochs; },
               {.least = 1, .most = kMostOfMany}),
      int_knob("train.batch", [](Trial & t) -> auto& { return t.train.batch; },
               {.least = 1, .most = kMostOfMany}),
      real_knob(
          "train.weight_decay", [](Trial & t) -> auto& { return t.train.weight_decay; },
          Range::from_zero),
      int_knob("train.rank", [](Trial & t) -> auto& { return t.train.rank; },
               {.least = 1, .most = kMostRank}),
      real_knob(
          "train.alpha", [](Trial & t) -> auto& { return t.train.alpha; }, Range::positive),
      {"train.dropout", read_dropout, [](const Trial& t) { return text(t.train.dropout); }},
      real_knob(
          "train.start", [](Trial & t) -> auto& { return t.train.start; }, Range::any),
      enum_knob<Precision>(
          "precision", [](Trial & t) -> auto& { return t.precision; }),
      enum_knob<Engine>(
          "engine", [](Trial & t) -> auto& { return t.engine; }),
      enum_knob<Scoring>(
          "scoring", [](Trial & t) -> auto& { return t.scoring; }),
      {"seed", read_seeds, {}},
      seed_knob(
          "seed.modules", [](Trial & t) -> auto& { return t.seed.modules; }),
      seed_knob(
          "seed.shots", [](Trial & t) -> auto& { return t.seed.shots; }),
      seed_knob(
          "seed.search", [](Trial & t) -> auto& { return t.seed.search; }),
      int_knob("max_tokens", [](Trial & t) -> auto& { return t.max_tokens; },
               {.least = 1, .most = kMostOfMany}),
      int_knob("batch", [](Trial & t) -> auto& { return t.batch; },
               {.least = 1, .most = kMostOfMany}),
  };
}

}  // namespace

const std::vector<Knob>& knobs() {
  static const std::vector<Knob> list = table();
  return list;
}

namespace {

bool is_knob(const std::string& key) {
  return std::ranges::any_of(knobs(), [&](const Knob& knob) { return knob.name == key; });
}

bool is_group(const std::string& key) {  // `search` of search.budget, but not `seed`, a knob itself
  for (const auto& knob : knobs())
    if (knob.name.rfind(key + ".", 0) == 0) return true;
  return false;
}

}  // namespace

// `budget` means search.budget: people leave the group away.
std::string nearest_knob(const std::string& key) {
  std::vector<std::string> names, last;  // last: behind the dot
  for (const auto& knob : knobs()) {
    names.push_back(knob.name);
    last.push_back(knob.name.substr(knob.name.find('.') + 1));
  }
  const std::string word = base::nearest(key, last);
  const bool near = base::nearest(key, {word, base::nearest(key, names)}) == word;
  return near ? names[static_cast<size_t>(std::ranges::find(last, word) - last.begin())]
              : base::nearest(key, names);
}

void check_known(const Entry& entry) {
  if (!is_knob(entry.key))
    fail_at(entry.value,
            "unknown knob '{}' (experiments/README.md lists the knobs), did you mean '{}'?",
            entry.key, nearest_knob(entry.key));
}

std::vector<Entry> knob_entries(const std::vector<Entry>& given) {
  std::vector<Entry> list;
  for (const auto& entry : given) {
    if (entry.value.node.IsMap() && is_group(entry.key)) {
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

void assign(const Values& values, Trial& trial) {
  for (const auto& knob : knobs()) {
    const auto found = values.find(knob.name);
    if (found == values.end()) continue;
    Value value = found->second;
    value.knob = knob.name;
    knob.read(value, trial);
  }
}

}  // namespace lorahub::study
