// Rows of a table in a text file, CSV or TSV with a header, as the JSON objects that parse_row
// reads.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "task/row.hpp"

namespace lorahub::task {

// What stands between two cells of a file of this name: a comma in .csv, a tab in .tsv. Nothing for
// another name, whose file is no table.
std::optional<char> cell_separator(std::string_view file);

// Takes a table line by line, as RFC 4180 says: a cell that begins with a double quote may hold the
// separator, line breaks and doubled quotes. The first line names the columns. An empty cell counts
// as none, and a number or a truth value as no text, unless its column is one that is read.
class TableRows {
 public:
  TableRows(char separator, Columns columns)
      : separator_(separator), columns_(std::move(columns)) {}

  struct Record {
    std::string json, place;  // of its first line
  };
  // The record that ends with this line; nothing for the header, an empty line, and a line that
  // ends within quotes. Error beginning with the place of the record.
  std::optional<Record> take(std::string_view line, const std::string& place);
  void end() const;  // Error where the file has ended within quotes

 private:
  enum class State { at_start, plain, quoted, after_quote };

  void scan(std::string_view line);
  void end_cell();
  void take_header(std::vector<std::string> names);
  std::string json(const std::vector<std::string>& cells) const;
  bool is_read(std::string_view column) const;

  char separator_;
  Columns columns_;
  std::vector<std::string> header_;
  // Of the record that is being read:
  std::vector<std::string> cells_;
  std::string cell_, place_;
  size_t bytes_ = 0;
  State state_ = State::at_start;
};

}  // namespace lorahub::task
