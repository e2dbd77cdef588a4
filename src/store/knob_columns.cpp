#include "store/knob_columns.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>

#include "base/text.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

template <class Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // What would read back as another text (a seed beyond int64, 1e0, 007) stays a text.
  if (error != std::errc{} || end != text.data() + text.size() || base::format("{}", value) != text)
    return {};
  return value;
}

struct Number {
  ColumnKind kind;
  std::string units, meaning;
};

const std::map<std::string, Number>& numeric_knobs() {
  static const std::map<std::string, Number> known{
      {"modules", {ColumnKind::integer, "1", "modules drawn by seed, or all, or their names"}},
      {"rank", {ColumnKind::integer, "1", "rank of the modules, 0: as they are"}},
      {"shots", {ColumnKind::integer, "1", "examples drawn by seed, or their rows in the pool"}},
      {"penalty.weight", {ColumnKind::real, "1", "factor of the penalty on the weights"}},
      {"search.population",
       {ColumnKind::integer, "1", "candidates a generation, 0: default (see /resolved)"}},
      {"search.runs", {ColumnKind::integer, "1", "independent CMA-ES side by side"}},
      {"search.sigma0", {ColumnKind::real, "1", "first step size, 0: default (see /resolved)"}},
      {"search.mean0", {ColumnKind::real, "1", "coordinates of the first mean"}},
      {"search.budget", {ColumnKind::integer, "1", "evaluations allowed"}},
      {"search.bound", {ColumnKind::real, "1", "weights stay in [-bound, bound]"}},
      {"train.lr", {ColumnKind::real, "1", "largest learning rate, 0: default (see /resolved)"}},
      {"train.epochs", {ColumnKind::integer, "1", "passes over the shots (gradient: steps)"}},
      {"train.batch", {ColumnKind::integer, "1", "shots a step"}},
      {"train.weight_decay", {ColumnKind::real, "1", "decay of AdamW"}},
      {"train.rank", {ColumnKind::integer, "1", "rank of the adapter that is trained"}},
      {"train.alpha", {ColumnKind::real, "1", "its alpha: BA is scaled by alpha/rank"}},
      {"train.dropout", {ColumnKind::real, "1", "dropout of its inputs"}},
      {"train.start", {ColumnKind::real, "1", "every mixing weight before the first step"}},
      {"seed.modules", {ColumnKind::integer, "1", "seed of the draw of modules"}},
      {"seed.shots", {ColumnKind::integer, "1", "seed of the draw of shots"}},
      {"seed.search", {ColumnKind::integer, "1", "seed of the search or the training"}},
      {"max_tokens", {ColumnKind::integer, "token", "longest answer"}},
      {"batch", {ColumnKind::integer, "1", "answers generated together"}}};
  return known;
}

Column column_for(const std::string& name, const std::vector<std::string>& values) {
  const auto known = numeric_knobs().find(name);
  if (known == numeric_knobs().end()) return {name, ColumnKind::text, "", "knob of the study"};
  const auto& [kind, units, meaning] = known->second;
  const bool fits = std::ranges::all_of(values, [kind = kind](const std::string& text) {
    if (text.empty()) return true;
    return kind == ColumnKind::integer ? parse<int64_t>(text).value_or(-1) >= 0
                                       : parse<double>(text).has_value();
  });
  return {name, fits ? kind : ColumnKind::text, fits ? units : "", meaning};
}

}  // namespace

std::vector<std::string> knob_names(const TableReader& runs) {
  std::vector<std::string> names = runs.columns();
  const ResultTable others = result_tables().front();  // those of every study
  for (const Column& column : others.columns) std::erase(names, column.name);
  return names;
}

std::vector<KnobColumn> knob_columns(const std::vector<Planned>& runs) {
  std::vector<KnobColumn> all;
  for (size_t run = 0; run < runs.size(); ++run)
    for (const auto& [name, value] : runs[run].knobs) {
      auto found =
          std::ranges::find(all, name, [](const KnobColumn& knob) { return knob.column.name; });
      if (found == all.end())
        found = all.insert(
            all.end(), {.column = {.name = name}, .values = std::vector<std::string>(runs.size())});
      found->values[run] = value;
    }
  for (KnobColumn& knob : all) knob.column = column_for(knob.column.name, knob.values);
  return all;
}

Cell cell(const KnobColumn& knob, size_t run) {
  const std::string& text = knob.values[run];
  if (knob.column.kind == ColumnKind::integer) return parse<int64_t>(text).value_or(-1);
  if (knob.column.kind == ColumnKind::real)
    return parse<double>(text).value_or(std::numeric_limits<double>::quiet_NaN());
  return std::string_view(text);
}

}  // namespace lorahub::store
