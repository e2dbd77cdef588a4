#include "store/column_documentation.hpp"

#include "base/text.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

constexpr std::string_view kKnobs =
    "| the knobs | integer, real or text | | one column each, named as in the YAML with `_` for "
    "the dot (`search_sigma0`), and missing where the method does not read it. `modules`, `shots` "
    "and seeds are texts when one of them is no count |\n";

std::string type_of(const Column& column) {
  switch (column.kind) {
    case ColumnKind::text:
      return "text";
    case ColumnKind::integer:
      return "integer";
    case ColumnKind::real:
      return "real";
    case ColumnKind::flag:
      return "0 or 1";
  }
  return "";
}

// A browser takes <name> for a tag.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

std::string line(const Column& column) {
  const std::string unit = column.units.empty() ? " " : base::format(" {} ", column.units);
  const std::string remark = column.remark.empty() ? "" : ". " + column.remark;
  return base::format("| `{}` | {} |{}| {}{} |\n", column.name, type_of(column), unit,
                      escaped(column.meaning), remark);
}

std::string section(const ResultTable& table) {
  std::string text = base::format("### `/{}`\nA row is {}.\n\n", table.name, table.one_row);
  text += "| column | type | unit | meaning |\n| --- | --- | --- | --- |\n";
  const bool has_knobs = table.name == RunRow::table().path;
  const size_t before_knobs = RunRow::table().columns.size();
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (has_knobs && c == before_knobs) text += kKnobs;
    text += line(table.columns[c]);
  }
  return text;
}

}  // namespace

std::string column_documentation() {
  std::string text;
  for (const ResultTable& table : result_tables())
    text += (text.empty() ? "" : "\n") + section(table);
  return text;
}

}  // namespace lorahub::store
