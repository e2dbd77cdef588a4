// One row of a task file: which of its columns are the input and the target.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "task/task.hpp"

namespace lorahub::task {

struct Row {
  Example example;         // target "" where the row has none
  std::string adapter;     // the row's "adapter"; "" where it has none
  std::string line = {};   // as it was read, that of a table as JSON; "" for a row of BBH's file
  std::string place = {};  // "file:7", for messages
};

// The columns that hold input and target; "" where their names say so themselves. An input of
// several columns, "instruction+input", is their texts with blank lines between.
struct Columns {
  std::string input, target;
};

// "input=question,target=answer" as columns; "" names none. Error beginning with `option` for other
// words.
Columns parse_columns(const std::string& words, std::string_view option);

// What the user edits, for advice: lines of JSON, or a table with a header.
enum class RowForm { json, table };

struct Reading {
  Targets targets = Targets::required;
  Columns columns = {};
  RowForm form = RowForm::json;
};

// A row from a JSON object. Where `columns` are named, they alone are read. Else the row has to be
// clear about its input and target: {"context","completion"} (LoraHub), {"input","target"} (BBH),
// {"inputs","targets"} (FLAN), {"input","output"}, {"prompt","completion"}, {"question","answer"},
// or {"instruction","input","output"}, whose input is the instruction, a blank line and the input
// (the instruction alone where the input is empty). No other column may hold text, be it in a list
// or an object, unless it only describes the row (describes_row). Error beginning with `place` for
// any other row, for an input without a letter, for a column given twice, and for text that is no
// UTF-8.
Row parse_row(const std::string& json, const std::string& place, const Reading& reading);

// The rows of BBH's file, {"examples": [row, ...]}, as one text; Error with `name` and the line or
// the example. A text beside "examples" and "canary" is an error, too.
std::vector<Row> parse_bbh(const std::string& text, const std::string& name,
                           const Reading& reading);

// Like read_examples of task.hpp, with columns that may be named.
std::vector<Example> read_examples(const std::filesystem::path& file, const Reading& reading);

// Columns such as "input" and "answer", whose text is read where no other columns are named.
bool may_be_read(std::string_view column);

// Columns such as "id" and "source" that may hold a text which is no part of the input.
bool describes_row(std::string_view column);

}  // namespace lorahub::task
