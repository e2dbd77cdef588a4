#include "task/row.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/json_names.hpp"
#include "base/nesting.hpp"
#include "text/unicode.hpp"

namespace lorahub::task {
namespace {

using Json = nlohmann::json;
using ColumnNames = std::vector<std::string>;

constexpr std::string_view kExample = R"({"input": "...", "target": "..."})";

constexpr std::array<std::array<const char*, 2>, 6> kPairs{{{"context", "completion"},
                                                            {"input", "target"},
                                                            {"inputs", "targets"},
                                                            {"input", "output"},
                                                            {"prompt", "completion"},
                                                            {"question", "answer"}}};

// Which columns make the input, joined by blank lines, and which one is the target.
struct Style {
  ColumnNames inputs;
  std::string target;
};

// What is wrong with a row; the place is put before it.
struct RowProblem {
  std::string text;
};

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw RowProblem{base::format(text, std::forward<Args>(args)...)};
}

// Whether a tokenizer sees nothing: tokenizers drop control characters and what has no width.
bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = text::take(text);
    const bool unseen = c < 0x20 || c == 0x7F || (c >= 0x200B && c <= 0x200F) || c == 0xFEFF;
    if (!unseen && !text::is_space(c)) return false;
  }
  return true;
}

bool holds_text(const Json& value) {
  if (value.is_string()) return !is_blank(value.get_ref<const std::string&>());
  return value.is_structured() && std::ranges::any_of(value, holds_text);
}

bool has(const Json& row, const std::string& column) {
  const auto found = row.find(column);
  return found != row.end() && !found->is_null();
}

std::string quoted(const ColumnNames& names) {
  ColumnNames words;
  for (const std::string& name : names) words.push_back("\"" + name + "\"");
  return base::join(words, ", ");
}

ColumnNames columns_of(const Json& row) {
  ColumnNames names;
  for (const auto& [name, value] : row.items()) names.push_back(name);
  return names;
}

std::string text(const Json& row, const std::string& column) {
  const Json& value = row.at(column);
  if (!value.is_string()) refuse("\"{}\" is no text, write {}", column, kExample);
  return value.get<std::string>();
}

// The styles whose input the row has; a column without a letter counts as none.
std::vector<Style> styles_begun(const Json& row) {
  std::vector<Style> styles;
  const auto some = [&](const char* column) {
    return has(row, column) && !is_blank(text(row, column));
  };
  const bool instruction = some("instruction");
  if (instruction) {
    styles.push_back({.inputs = {"instruction"}, .target = "output"});
    if (some("input")) styles.back().inputs.emplace_back("input");
  }
  for (const auto& [input, target] : kPairs)
    if (!(instruction && input == std::string_view("input")) && some(input))
      styles.push_back({.inputs = {input}, .target = target});
  return styles;
}

// What to do about a row without what it needs.
std::string way_to_complete(RowForm form) {
  if (form == RowForm::json) return base::format("write {}", kExample);
  return "rename the columns to \"input\" and \"target\"";
}

[[noreturn]] void refuse_without_target(const Json& row, const std::string& target, RowForm form) {
  const bool empty_cell = form == RowForm::table && row.contains(target);
  refuse("\"{}\" is missing (the row has {}), {}", target, quoted(columns_of(row)),
         empty_cell ? "fill in its cell or drop the row" : way_to_complete(form));
}

[[noreturn]] void refuse_incomplete(const Json& row, const std::vector<Style>& begun,
                                    RowForm form) {
  if (!begun.empty()) refuse_without_target(row, begun.front().target, form);
  for (const char* column : {"input", "context", "inputs", "prompt", "question", "instruction"})
    if (has(row, column))
      refuse("\"{}\" is empty (there is nothing to answer), write the input or drop the row",
             column);
  refuse("the row has no input (it has {}), {} or say --columns input=...,target=...",
         row.empty() ? "no columns" : quoted(columns_of(row)), way_to_complete(form));
}

// Two styles that differ only in a target that neither row has are one.
bool same_inputs(const Style& a, const Style& b) { return a.inputs == b.inputs; }

ColumnNames present(const Json& row, const Style& style) {
  ColumnNames names{style.inputs.front()};
  if (has(row, style.target)) names.push_back(style.target);
  return names;
}

// The option that says to read this style; a target that the row lacks is not named.
std::string option_of(const Json& row, const Style& style) {
  const std::string inputs = "--columns input=" + base::join(style.inputs, "+");
  return has(row, style.target) ? inputs + ",target=" + style.target : inputs;
}

Style told_style(const Json& row, const Reading& reading) {
  const std::vector<Style> begun = styles_begun(row);
  std::vector<Style> complete;
  for (const Style& style : begun)
    if (has(row, style.target)) complete.push_back(style);
  if (complete.empty() && reading.targets == Targets::optional) {
    complete = begun;
    complete.erase(std::unique(complete.begin(), complete.end(), same_inputs), complete.end());
  }
  if (complete.empty()) refuse_incomplete(row, begun, reading.form);
  if (complete.size() > 1)
    refuse(
        "both {} and {} could be the input and its answer (which ones are meant?), drop some "
        "columns or say {}",
        quoted(present(row, complete[0])), quoted(present(row, complete[1])),
        option_of(row, complete[0]));
  return complete.front();
}

void check_all_read(const Json& row, const Style& style) {
  ColumnNames unread;
  for (const auto& [name, value] : row.items()) {
    const bool read = name == style.target || std::ranges::count(style.inputs, name) > 0;
    if (!read && !describes_row(name) && holds_text(value)) unread.push_back(name);
  }
  if (!unread.empty())
    refuse(
        "text in {} would not be read beside {} (the answer may depend on it), drop the column "
        "or say {}",
        quoted(unread), quoted(style.inputs), option_of(row, style));
}

Style named_style(const Json& row, const Columns& columns) {
  const Style style{.inputs = base::split(columns.input, '+'), .target = columns.target};
  for (const std::string& input : style.inputs)
    if (!row.contains(input))
      refuse("the row has no column \"{}\" (--columns names it; the row has {}){}", input,
             quoted(columns_of(row)),
             base::did_you_mean(input, columns_of(row), ", name one that it has"));
  return style;
}

Example example(const Json& row, const Style& style, const Reading& reading) {
  Example example;
  for (const std::string& column : style.inputs) {
    if (!has(row, column)) continue;
    const std::string part = text(row, column);
    if (!is_blank(part)) example.input += (example.input.empty() ? "" : "\n\n") + part;
  }
  if (example.input.empty())
    refuse("{} is empty (there is nothing to answer), write the input or drop the row",
           quoted(style.inputs));
  if (has(row, style.target))
    example.target = text(row, style.target);
  else if (reading.targets == Targets::required)
    refuse_without_target(row, style.target, reading.form);
  return example;
}

std::string adapter(const Json& row) {
  if (!has(row, "adapter")) return "";
  if (!row["adapter"].is_string()) refuse("\"adapter\" is no text, write a folder or a name");
  return row["adapter"];
}

Row read_row(const Json& json, const Reading& reading) {
  if (!json.is_object()) refuse("the row is no JSON object, write {}", kExample);
  const bool named = !reading.columns.input.empty();
  const Style style = named ? named_style(json, reading.columns) : told_style(json, reading);
  if (!named) check_all_read(json, style);
  return {.example = example(json, style, reading), .adapter = adapter(json)};
}

// Text as JSON, or what is wrong with it and where.
struct Parsed {
  Json json = {};
  std::string problem = {};
  size_t at = 0;  // byte
};

Parsed parse(const std::string& text) {
  if (const auto at = base::first_not_utf8(text))
    return {.problem = base::format("the byte 0x{:02x} is no UTF-8 text (is it Latin-1?), save "
                                    "the file as UTF-8",
                                    static_cast<unsigned char>(text[*at])),
            .at = *at};
  Parsed parsed;
  try {
    parsed.json = Json::parse(base::shallow_json(text));
  } catch (const Json::parse_error& error) {
    parsed.problem = "no valid JSON from here on";
    parsed.at = std::min(error.byte, text.size());
  } catch (const Json::out_of_range& error) {  // its words end with the number in quotes
    const std::vector<std::string> words = base::split(error.what(), '\'');
    parsed.at = std::min(text.find(words.at(1)), text.size());
    parsed.problem = "a number is too large for double precision, write it in quotes";
  }
  const auto twice = base::name_given_twice(base::shallow_json(text));
  if (parsed.problem.empty() && twice)
    parsed.problem = base::format(
        "\"{}\" is given twice (only one value could count), keep one of them", *twice);
  return parsed;
}

size_t line_of(const std::string& text, size_t at) {
  return 1 + static_cast<size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

void check_beside_examples(const Json& whole, const std::string& name) {
  for (const auto& [key, value] : whole.items())
    base::check(key == "examples" || key == "canary" || describes_row(key) || !holds_text(value),
                "{}: text in \"{}\" beside \"examples\" would not be read (the answers may depend "
                "on it), put it into each input or drop it",
                name, key);
}

}  // namespace

bool may_be_read(std::string_view column) {
  return column == "instruction" || column == "adapter" ||
         std::ranges::any_of(
             kPairs, [&](const auto& pair) { return column == pair[0] || column == pair[1]; });
}

bool describes_row(std::string_view column) {
  constexpr std::array kNames{
      "adapter", "category", "dataset",     "id",        "idx",           "language", "license",
      "qid",     "source",   "split",       "subset",    "tags",          "task",     "task_id",
      "guid",    "uid",      "task_source", "task_name", "template_type", "url",      "uuid"};
  return column.starts_with('_') || std::ranges::count(kNames, column) > 0;
}

Row parse_row(const std::string& json, const std::string& place, const Reading& reading) {
  const Parsed parsed = parse(json);
  base::check(parsed.problem.empty(),
              "{}: the line has at its byte {}: {} (a task file holds one JSON object a line; the "
              "name of a table ends in .csv or .tsv)",
              place, parsed.at, parsed.problem);
  try {
    Row row = read_row(parsed.json, reading);
    row.line = json;
    row.place = place;
    return row;
  } catch (const RowProblem& problem) {
    base::fail("{}: {}", place, problem.text);
  }
}

std::vector<Row> parse_bbh(const std::string& text, const std::string& name,
                           const Reading& reading) {
  const Parsed parsed = parse(text);
  base::check(parsed.problem.empty(),
              "{}:{}: {} (is the file complete? it begins as one object {{\"examples\": [...]}})",
              name, line_of(text, parsed.at), parsed.problem);
  base::check(parsed.json.is_object() && parsed.json.contains("examples"),
              "{}:1: a JSON object over several lines without \"examples\", write one row a line",
              name);
  const Json& examples = parsed.json["examples"];
  base::check(examples.is_array(), "{}:1: \"examples\" is no list, write a list of {}", name,
              kExample);
  check_beside_examples(parsed.json, name);
  std::vector<Row> rows;
  for (const Json& json : examples) {
    const std::string place =
        base::format("{}: example {} of \"examples\" (counted from 0)", name, rows.size());
    try {
      rows.push_back(read_row(json, reading));
      rows.back().place = place;
    } catch (const RowProblem& problem) {
      base::fail("{}: {}", place, problem.text);
    }
  }
  return rows;
}

}  // namespace lorahub::task
