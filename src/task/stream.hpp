// Rows to answer, one after another: a file or standard input of any length in bounded memory.
#pragma once
#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "task/task.hpp"

namespace lorahub::task {

struct Row {
  Example example;      // target "" where the row has none
  std::string adapter;  // the row's "adapter"; "" where it has none
  std::string line;     // as it was read; "" for a row of BBH's file
  std::string place;    // "file:7", for messages
};

class RowStream {
 public:
  // `file`: JSON lines, or BBH's JSON file (read as a whole); "-" is standard input.
  explicit RowStream(const std::filesystem::path& file);
  // False at the end. Error with file and line for a row that is none, or of more than 16 MiB.
  bool next(Row& row);

 private:
  bool read_line(std::string& line);
  void read_whole(std::string text);

  std::string name_;
  std::unique_ptr<std::istream> file_;
  std::istream* in_ = nullptr;
  size_t number_ = 0;
  std::vector<Example> whole_;  // of BBH's file
  size_t given_ = 0;
};

// One row of JSON lines; Error beginning with `place`.
Example parse_line(const std::string& line, const std::string& place, Targets targets);
// BBH's file or JSON lines as one text; Error with `name` and line.
std::vector<Example> parse_examples(const std::string& text, const std::string& name,
                                    Targets targets);
// A first line that begins BBH's object and does not end it.
bool begins_object(const std::string& text);

}  // namespace lorahub::task
