#include "text/one_sequence_tokenizer.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::text {
namespace {

using Texts = std::vector<std::string>;

std::string_view behind(std::string_view joiner, std::string_view text) {
  return text.starts_with(joiner) ? text.substr(joiner.size()) : text;
}

// Where the first of the stops begins; the length of the text where it has none.
size_t first_stop(std::string_view text, const Texts& stops) {
  size_t end = text.size();
  for (const std::string& stop : stops) end = std::min(end, text.find(stop));
  return end;
}

// Whether letters to come could make a stop of what stands before `end`.
bool may_stop_before(std::string_view text, size_t end, const Texts& stops) {
  for (size_t begin = 0; begin < end; ++begin)
    for (const std::string& stop : stops)
      if (stop.starts_with(text.substr(begin))) return true;
  return false;
}

}  // namespace

Ids OneSequenceTokenizer::encode(const std::string& text, int limit) const {
  return inner_->encode_as_one(around(text), "", {.prompt = limit}).prompt;
}

Tokenizer::PromptAndAnswer OneSequenceTokenizer::encode_pair(const std::string& prompt,
                                                             const std::string& answer,
                                                             Limits limits) const {
  return inner_->encode_as_one(around(prompt), pieces_.joiner + answer, limits);
}

std::string OneSequenceTokenizer::decode(const Ids& ids) const {
  const std::string text = inner_->decode(ids);
  const std::string_view answer = behind(pieces_.joiner, text);
  return std::string(answer.substr(0, first_stop(answer, pieces_.stop)));
}

bool OneSequenceTokenizer::is_whole_answer(const Ids& ids) const {
  if (pieces_.stop.empty()) return false;
  const std::string text = inner_->decode(ids);
  if (text != pieces_.joiner && pieces_.joiner.starts_with(text)) return false;  // more may follow
  const std::string_view answer = behind(pieces_.joiner, text);
  const size_t end = first_stop(answer, pieces_.stop);
  return end < answer.size() && !may_stop_before(answer, end, pieces_.stop);
}

std::shared_ptr<const Tokenizer> one_sequence(std::shared_ptr<const Tokenizer> tokenizer) {
  auto inner = std::dynamic_pointer_cast<const BpeTokenizer>(tokenizer);
  base::check(inner != nullptr,
              "{}: its tokenizer is not of byte-pair encoding (those of decoder-only models are "
              "here), use the tokenizer.json that came with the model",
              tokenizer->folder().string());
  PromptPieces pieces = read_prompt_pieces(inner->folder());
  return std::make_shared<const OneSequenceTokenizer>(std::move(inner), std::move(pieces));
}

}  // namespace lorahub::text
