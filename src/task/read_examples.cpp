#include <algorithm>

#include "base/check.hpp"
#include "task/row_reader.hpp"
#include "task/task.hpp"

namespace lorahub::task {

std::vector<Example> read_examples(const std::filesystem::path& file, const Reading& reading) {
  RowReader stream(file.string(), reading);
  std::vector<Example> rows;
  for (Row row; stream.next(row);) rows.push_back(std::move(row.example));
  base::check(!rows.empty(),
              "{}: no examples in this file (nothing to learn from or to answer), write rows such "
              "as {{\"input\": \"...\", \"target\": \"...\"}}, one a line",
              file == "-" ? "standard input" : file.string());
  return rows;
}

std::vector<Example> read_examples(const std::filesystem::path& file, Targets targets) {
  return read_examples(file, Reading{.targets = targets});
}

Columns parse_columns(const std::string& words, std::string_view option) {
  Columns columns;
  for (const std::string& word : base::split(words, ',')) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string side = word.substr(0, equals);
    std::string& column = side == "target" ? columns.target : columns.input;
    base::check((side != "input" && side != "target") || column.empty(),
                "{} {}: the {} is given twice (only one column could count), join columns with + "
                "or keep one",
                option, words, side);
    base::check((side == "input" || side == "target") && equals + 1 < word.size(),
                "{} {}: '{}' does not say which column is the input or the target, write for "
                "example {} input=question,target=answer",
                option, words, word, option);
    column = word.substr(equals + 1);
  }
  base::check(words.empty() || !columns.input.empty(),
              "{} {}: no column is named for the input, write for example {} "
              "input=question,target=answer",
              option, words, option);
  return columns;
}

}  // namespace lorahub::task
