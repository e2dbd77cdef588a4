// The lengths of rows in tokens, with </s>, and the check for rows that are too long.
#pragma once
#include <string>
#include <vector>

#include "task/task.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::task {

// Without a tokenizer (a plan for a model that is not here) a token counts as 3.5 bytes.
double count_tokens(const text::Tokenizer* tokenizer, const std::string& text);

std::string row_place(const std::string& file, int row);  // row: from 0

// The most tokens of an input, and how a user may raise it: "raise task.max_input"; and those of an
// input with its answer (0: any number), which the model fixes.
struct Bound {
  int tokens = 0;
  std::string remedy;
  int64_t window = 0;
};
// Error for an input of more tokens, naming it by `place`.
void check_length(double tokens, const std::string& place, const Bound& bound);
// The same for the rows of a file.
void check_lengths(const text::Tokenizer& tokenizer, const std::vector<Example>& rows,
                   const std::string& file, const Bound& bound);

}  // namespace lorahub::task
