#include "task/count_tokens.hpp"

#include "base/check.hpp"

namespace lorahub::task {
namespace {

constexpr double kBytesPerToken = 3.5;  // English text in T5's vocabulary, roughly

}  // namespace

double count_tokens(const text::Tokenizer* tokenizer, const std::string& text) {
  if (tokenizer != nullptr) return static_cast<double>(tokenizer->encode(text).size());
  return static_cast<double>(text.size()) / kBytesPerToken + 1;
}

std::string row_place(const std::string& file, int row) {
  return base::format("{} row {} (counted from 0)", file, row);
}

void check_length(double tokens, const std::string& place, const Bound& bound) {
  base::check(tokens <= bound.tokens,
              "{}: the input has {:.0f} tokens (the limit is {}: memory grows with the square), "
              "shorten it or {}",
              place, tokens, bound.tokens, bound.remedy);
  base::check(bound.window == 0 || tokens < static_cast<double>(bound.window),
              "{}: the input has {:.0f} tokens (the model reads and writes at most {}: "
              "max_position_embeddings), shorten it",
              place, tokens, bound.window);
}

void check_lengths(const text::Tokenizer& tokenizer, const std::vector<Example>& rows,
                   const std::string& file, const Bound& bound) {
  for (size_t row = 0; row < rows.size(); ++row)
    check_length(count_tokens(&tokenizer, rows[row].input), row_place(file, static_cast<int>(row)),
                 bound);
}

}  // namespace lorahub::task
