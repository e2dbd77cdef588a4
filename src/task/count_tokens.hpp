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

// What bounds the length of an input.
struct Bound {
  int tokens = 0;      // of an input, at most
  std::string remedy;  // how a user may raise that: "raise task.max_input"
  int64_t window = 0;  // tokens of an input with its answer, which the model fixes; 0: any number
};
// Error for an input of more tokens than the bound, or that leaves no room in the window for an
// answer. It names the input by `place`.
void check_length(double tokens, const std::string& place, const Bound& bound);
// The same for the rows of a file.
void check_lengths(const text::Tokenizer& tokenizer, const std::vector<Example>& rows,
                   const std::string& file, const Bound& bound);

}  // namespace lorahub::task
