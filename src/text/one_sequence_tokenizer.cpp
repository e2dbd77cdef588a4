#include "text/one_sequence_tokenizer.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::text {

Ids OneSequenceTokenizer::encode(const std::string& text, int limit) const {
  return inner_->encode_as_one(around(text), "", {.prompt = limit}).prompt;
}

Tokenizer::PromptAndAnswer OneSequenceTokenizer::encode_pair(const std::string& prompt,
                                                             const std::string& answer,
                                                             Limits limits) const {
  return inner_->encode_as_one(around(prompt), pieces_.joiner + answer, limits);
}

std::string OneSequenceTokenizer::decode(const Ids& ids) const {
  std::string text = inner_->decode(ids);
  if (text.starts_with(pieces_.joiner)) text.erase(0, pieces_.joiner.size());
  size_t end = text.size();
  for (const std::string& stop : pieces_.stop) end = std::min(end, text.find(stop));
  return text.substr(0, end);
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
