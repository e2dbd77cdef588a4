#include "text/pre_tokenizer.hpp"

#include <algorithm>
#include <span>

#include "base/replaced.hpp"

namespace lorahub::text {
namespace {

void cut_in_turn(std::span<const SplitPattern> patterns, std::string_view text,
                 const PieceSink& take) {
  if (patterns.empty()) return take(text);
  patterns[0].split(text,
                    [&](std::string_view piece) { cut_in_turn(patterns.subspan(1), piece, take); });
}

// Each sign begins a word.
void cut_at_signs(std::string_view text, std::string_view sign, const PieceSink& take) {
  while (!text.empty()) {
    const size_t next = text.find(sign, text.starts_with(sign) ? sign.size() : 0);
    take(text.substr(0, next));
    text.remove_prefix(std::min(next, text.size()));
  }
}

void cut_by_signs(const WordSigns& signs, std::string_view text, bool is_first,
                  const PieceSink& take) {
  std::string signed_text = base::replaced(std::string(text), " ", signs.sign);
  const bool wanted = signs.before == WordSigns::Before::every_text ||
                      (signs.before == WordSigns::Before::first_text && is_first);
  if (wanted && !signed_text.starts_with(signs.sign)) signed_text.insert(0, signs.sign);
  if (signs.splits)
    cut_at_signs(signed_text, signs.sign, take);
  else
    take(signed_text);
}

}  // namespace

void PreTokenizer::cut(std::string_view text, bool is_first, const PieceSink& take) const {
  if (text.empty()) return;
  if (signs) return cut_by_signs(*signs, text, is_first, take);
  cut_in_turn(patterns, text, [&](std::string_view piece) {
    std::string spaced;
    if (adds_space && !piece.starts_with(' ')) piece = spaced.append(" ").append(piece);
    if (words)
      words->split(piece, take);
    else
      take(piece);
  });
}

}  // namespace lorahub::text
