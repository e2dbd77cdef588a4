// The answers of `lorahub infer` on standard output, and how many of them are right.
#pragma once
#include <string>
#include <vector>

#include "task/row.hpp"

namespace lorahub::cli {

enum class AnswerForm {
  plain,       // an answer a line
  json_lines,  // a row a line, with its answer
  one_object,  // all answers and the accuracy, at the end
};

class AnswerOutput {
 public:
  explicit AnswerOutput(AnswerForm form) : form_(form) {}

  void give(const task::Row& row, const std::string& answer);
  // After the last answer: the object, or the accuracy on standard error where every row has a
  // target.
  void end() const;

  size_t rows() const { return rows_; }
  size_t bytes() const { return bytes_; }  // of the lines of these rows

 private:
  AnswerForm form_;
  size_t rows_ = 0, hits_ = 0, bytes_ = 0;
  bool scored_ = true;                // every row has a target
  std::vector<std::string> answers_;  // of the one object
};

}  // namespace lorahub::cli
