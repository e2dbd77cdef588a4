#include "store/knob_columns.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"
#include "store/result_tables.hpp"
#include "study/knobs.hpp"

namespace lorahub::store {
namespace {

template <class Number>
std::optional<Number> parse(const std::string& text) {
  const std::optional<Number> value = base::number<Number>(text);
  // A value that would read back as another text (a seed beyond int64, 1e0, 007) stays a text.
  return value && base::format("{}", *value) == text ? value : std::nullopt;
}

ColumnKind kind_of(const study::Knob& knob) {
  switch (study::holds(knob)) {
    case study::Holds::integer:
      return ColumnKind::integer;
    case study::Holds::real:
      return ColumnKind::real;
    case study::Holds::text:
      break;
  }
  return ColumnKind::text;
}

Column column_for(const std::string& name, const std::vector<std::string>& values) {
  Column column{.name = column_of(name), .meaning = "knob of the study", .knob = name};
  const study::Knob* const known = study::find_knob(name);
  const ColumnKind kind = known != nullptr ? kind_of(*known) : ColumnKind::text;
  if (kind == ColumnKind::text) return column;
  const bool fits = std::ranges::all_of(values, [kind](const std::string& text) {
    if (text.empty()) return true;
    return kind == ColumnKind::integer ? parse<int64_t>(text).value_or(-1) >= 0
                                       : parse<double>(text).has_value();
  });
  if (fits) column.kind = kind;
  if (fits) column.units = std::string(known->unit);
  column.meaning = std::string(known->meaning);
  return column;
}

}  // namespace

std::string column_of(std::string knob) {
  std::ranges::replace(knob, '.', '_');
  return knob;
}

std::vector<NamedKnob> knob_names(const TableReader& runs) {
  std::vector<std::string> columns = runs.columns();
  const ResultTable others = result_tables().front();  // those of every study
  for (const Column& column : others.columns) std::erase(columns, column.name);
  const auto about = nlohmann::json::parse(runs.description());
  std::vector<NamedKnob> names;
  for (const std::string& column : columns) {
    const auto said = about.value(nlohmann::json::json_pointer("/" + column + "/knob"), column);
    names.push_back({.column = column, .knob = said});  // earlier files say none: schema.hpp
  }
  return names;
}

std::vector<KnobColumn> knob_columns(const std::vector<PlannedTrial>& runs) {
  std::vector<KnobColumn> all;
  for (size_t run = 0; run < runs.size(); ++run)
    for (const auto& [name, value] : runs[run].knobs) {
      auto found =
          std::ranges::find(all, name, [](const KnobColumn& knob) { return knob.column.knob; });
      if (found == all.end())
        found = all.insert(
            all.end(), {.column = {.knob = name}, .values = std::vector<std::string>(runs.size())});
      found->values[run] = value;
    }
  for (KnobColumn& knob : all) knob.column = column_for(knob.column.knob, knob.values);
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
