// How the texts of a decoder-only model are cut into tokens: prompt and answer are one sequence.
#pragma once
#include <memory>

#include "text/bpe_tokenizer.hpp"
#include "text/prompt_pieces.hpp"
#include "text/tokenizer.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {

// A tokenizer whose prompts stand between the pieces of the model's folder.
class OneSequenceTokenizer : public Tokenizer {
 public:
  OneSequenceTokenizer(std::shared_ptr<const BpeTokenizer> inner, PromptPieces pieces)
      : Tokenizer(inner->folder()), inner_(std::move(inner)), pieces_(std::move(pieces)) {}

  Ids encode(const std::string& text, int limit) const override;
  // The answer without its joiner, as the ids of a text alone.
  Ids encode_target(const std::string& text, int limit) const override {
    return inner_->encode_target(text, limit);
  }
  using Tokenizer::encode;
  using Tokenizer::encode_target;
  PromptAndAnswer encode_pair(const std::string& prompt, const std::string& answer,
                              Limits limits) const override;
  bool pairs_are_one_sequence() const override { return true; }
  std::optional<PromptPieces> prompt_pieces() const override { return pieces_; }

  // Without the joiner, and up to the first stop.
  std::string decode(const Ids& ids) const override;
  bool is_whole_answer(const Ids& ids) const override;
  int size() const override { return inner_->size(); }
  void check_fits(int64_t vocabulary) const override { inner_->check_fits(vocabulary); }

 private:
  std::string around(const std::string& prompt) const {
    return pieces_.before + (pieces_.strip ? python_strip(prompt) : prompt) + pieces_.after;
  }

  std::shared_ptr<const BpeTokenizer> inner_;
  PromptPieces pieces_;
};

// The tokenizer with the pieces of its folder. Error where it is not of byte-pair encoding.
std::shared_ptr<const Tokenizer> one_sequence(std::shared_ptr<const Tokenizer> tokenizer);

}  // namespace lorahub::text
