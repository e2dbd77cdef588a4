// The rows that a command line means, as a file that may be read more than once.
#pragma once
#include <filesystem>
#include <string>

#include "study/trial.hpp"

namespace lorahub::cli {

enum class KeepRows { where_needed, always };

class TaskRows {
 public:
  // `file` itself where it is a regular one whose columns need no words. Else, or where they are
  // always kept, its rows are read to the end (a pipe gives them once) and kept in a temporary file
  // as long as this object lives. Error for rows that read_examples refuses, and for `columns` that
  // say nothing.
  TaskRows(const std::string& file, const std::string& columns,
           KeepRows keep = KeepRows::where_needed);
  ~TaskRows();
  TaskRows(const TaskRows&) = delete;
  TaskRows& operator=(const TaskRows&) = delete;

  const study::TaskFiles& files() const { return files_; }  // pool and test in one

 private:
  std::filesystem::path folder_;  // empty: nothing is kept
  study::TaskFiles files_;
};

}  // namespace lorahub::cli
