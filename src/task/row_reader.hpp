// Reads rows one after another from a file, a pipe or standard input of any length, in bounded
// memory.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/input.hpp"
#include "task/row.hpp"
#include "task/table_rows.hpp"

namespace lorahub::task {

class RowReader {
 public:
  // `file`: JSON lines, BBH's JSON file (read as a whole), or a table where its name ends in .csv
  // or .tsv; "-" is standard input.
  explicit RowReader(const std::string& file, Reading reading = {});
  // False at the end. Error with file and line for a row that is none, or of more than 16 MiB.
  bool next(Row& row);

 private:
  bool next_of_table(Row& row);
  bool fill();  // some more bytes; false at the end
  bool read_line(std::string& line);
  void begin();
  void read_whole(std::string text);

  base::Input input_;
  Reading reading_;
  std::optional<TableRows> table_;
  std::string bytes_;  // read, not yet given out from `at_` on
  size_t at_ = 0;
  size_t number_ = 0;  // of the line read last
  bool begun_ = false;
  std::vector<Row> whole_;  // of BBH's file
  size_t given_ = 0;
};

}  // namespace lorahub::task
